import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileChange } from '../../src/manifests/folder-contents.js';
import { FolderImage } from '../../src/manifests/folder-image.js';
import { type ManifestContent, manifestContent } from '../../src/manifests/manifest-content.js';
import { Unreadable } from '../../src/manifests/manifest-problems.js';
import type { ServiceView } from '../../src/model/cluster-view.js';
import { serviceKey } from '../../src/model/service-key.js';
import { documents, serviceYaml, sliceYaml } from './folder.js';

const FILES = ['a.yaml', 'b.yaml', 'c.yaml'] as const;
const SERVICES = [serviceKey('default', 'web'), serviceKey('default', 'mail')];

const manifest = fc.oneof(
  fc
    .tuple(fc.constantFrom('web', 'mail'), fc.constantFrom('10.96.0.1', '10.96.0.2', 'None'))
    .map(([n, ip]) => serviceYaml(n, ip)),
  fc
    .tuple(
      fc.constantFrom('x', 'y'),
      fc.constantFrom('web', 'mail'),
      fc.constantFrom('10.244.0.5', '10.244.0.6'),
    )
    .map((s) => sliceYaml(...s)),
);
const text = fc.array(manifest, { maxLength: 4 }).map((texts) => documents(...texts));
const step = fc.record({
  file: fc.constantFrom(...FILES),
  what: fc.oneof(text, fc.constantFrom('unreadable' as const, 'gone' as const)),
});

async function changeOf({ file, what }: { file: string; what: string }): Promise<FileChange> {
  if (what === 'gone') return { kind: 'gone', file };
  if (what === 'unreadable') return { kind: 'unreadable', file, error: new Unreadable('is bad', 'Mend it.') };
  return { kind: 'read', file, content: await manifestContent(file, what) };
}

/** What a fresh look at the same files makes of them. */
function freshImage(files: ReadonlyMap<string, ManifestContent>): FolderImage {
  const image = new FolderImage();
  image.apply([...files].sort().map(([file, content]) => ({ kind: 'read', file, content })));
  return image;
}

function viewsOf(image: FolderImage): ServiceView[] {
  return SERVICES.map((key) => {
    const { service, slices } = image.view.look(key);
    return { service, slices: [...slices].sort((a, b) => (a.key < b.key ? -1 : 1)) };
  });
}

test('after any changes the view is that of a fresh look, and exactly the Services that differ were reported', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const image = new FolderImage();
      const files = new Map<string, ManifestContent>();
      for (const each of steps) {
        const change = await changeOf(each);
        if (change.kind === 'read') files.set(change.file, change.content);
        if (change.kind === 'gone') files.delete(change.file);
        const before = viewsOf(image);
        const touched = image.apply([change]);
        const after = viewsOf(image);
        expect(after).toEqual(viewsOf(freshImage(files)));
        expect([...touched].sort()).toEqual(differing(before, after).sort());
      }
    }),
  );
});

test('after any changes the problems are those of a fresh look', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const image = new FolderImage();
      const files = new Map<string, ManifestContent>();
      for (const each of steps.filter(({ what }) => what !== 'unreadable')) {
        const change = await changeOf(each);
        if (change.kind === 'read') files.set(change.file, change.content);
        if (change.kind === 'gone') files.delete(change.file);
        image.apply([change]);
      }
      expect(image.board.list).toEqual(freshImage(files).board.list);
    }),
  );
});

test('a file that somebody was writing while it was read counts as unread', () => {
  const image = new FolderImage();
  image.apply([{ kind: 'unsettled', file: 'a.yaml' }]);
  expect(image.complete).toBe(false);
});

function differing(before: readonly ServiceView[], after: readonly ServiceView[]): string[] {
  return SERVICES.filter((_, index) => JSON.stringify(before[index]) !== JSON.stringify(after[index]));
}
