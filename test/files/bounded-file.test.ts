import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { FileRefused, fileFault, readBoundedFile, utf8Text } from '../../src/files/bounded-file.js';

const MOST = 2 ** 20;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bounded-file-'));
  await writeFile(join(folder, 'most'), Buffer.alloc(MOST, 'x'));
  await writeFile(join(folder, 'large'), '');
  await truncate(join(folder, 'large'), MOST + 1);
  await symlink('loop', join(folder, 'loop'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => rm(folder, { recursive: true }));

async function faultOf(name: string): Promise<string> {
  const error = await readBoundedFile(join(folder, name), MOST).catch((thrown: unknown) => thrown);
  return fileFault(error).fault;
}

describe('a file', () => {
  it('is read up to the last byte that is allowed', async () => {
    expect((await readBoundedFile(join(folder, 'most'), MOST)).bytes).toHaveLength(MOST);
  });

  it.each([
    ['none', 'does not exist (ENOENT)'],
    ['.', 'is a folder'],
    ['pipe', 'is not a regular file'],
    ['large', 'is 1.0 MiB large, and at most 1 MiB are read'],
    ['loop', 'is a symbolic link that leads back to itself (ELOOP)'],
    ['most/x', 'lies below something that is no folder (ENOTDIR)'],
  ])('%s is refused, and it is said why', async (name, fault) => {
    expect(await faultOf(name)).toBe(fault);
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x7f, 0x45, 0xff, 0xfe])],
    ['zero bytes', Buffer.alloc(10)],
  ])('of %s is no text', (_, bytes) => {
    expect(() => utf8Text(bytes)).toThrow(FileRefused);
  });
});

test.each(['EACCES', 'EPERM', 'ELOOP', 'ENOENT', 'ENOTDIR', 'EMFILE', 'EIO'])(
  '%s has a sentence and a remedy',
  (code) => {
    const { fault, remedy } = fileFault(Object.assign(new Error(`${code}: somewhere`), { code }));
    expect(fault).toContain(`(${code})`);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  },
);

test('a mistake of this program is not taken for a bad file', () => {
  expect(() => fileFault(new TypeError('x is not a function'))).toThrow(TypeError);
});
