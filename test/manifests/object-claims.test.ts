import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ManifestObject, ObjectClaims, objectId } from '../../src/manifests/manifest-object.js';

const FILES = ['a.yaml', 'b.yaml', 'c.yaml'] as const;
const NAMES = ['web', 'mail', 'dns'] as const;

function object(file: string, name: string): ManifestObject {
  const id = objectId('Service', 'default', name);
  return { id, file, subject: `${id} in ${file}`, record: undefined, problems: [] };
}

test('after any sequence of changes the first file by name speaks for each object', () => {
  const step = fc.tuple(fc.constantFrom(...FILES), fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const claims = new ObjectClaims();
      const files = new Map<string, readonly ManifestObject[]>();
      for (const [file, names] of steps) {
        const objects = names.map((name) => object(file, name));
        claims.replace(file, objects);
        files.set(file, objects);
      }
      const all = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, objects]) => objects);
      for (const name of NAMES) {
        const id = objectId('Service', 'default', name);
        expect(claims.of(id)).toEqual(all.filter((claim) => claim.id === id));
      }
    }),
  );
});
