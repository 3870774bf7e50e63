import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { readConfigText } from '../../src/config/config-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-file-'));
  await writeFile(join(folder, 'binary'), Buffer.from([0x7f, 0x45, 0xff, 0xfe, 0]));
  await writeFile(join(folder, 'zeros'), Buffer.alloc(10));
  await writeFile(join(folder, 'large'), '');
  await truncate(join(folder, 'large'), 2 ** 30);
  await symlink('loop', join(folder, 'loop'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a path that is no configuration file is refused with its name and what would mend it', () => {
  it.each([
    ['nonexist', 'does not exist (ENOENT). Create it, or correct --config.'],
    ['.', 'is a folder. Name the file in it, such as config.conf.'],
    ['binary', 'is not UTF-8 text. Save it as UTF-8 YAML.'],
    ['zeros', 'is not UTF-8 text. Save it as UTF-8 YAML.'],
    ['large', 'has 1073741824 bytes, and at most 1048576 are read. Check that it is a configuration at all.'],
    ['pipe', 'is not a regular file. Name a file that can be read again and again.'],
    ['loop', 'is a symbolic link that leads back to itself (ELOOP). Make the link point to a file.'],
    ['binary/x', 'lies below something that is not a folder (ENOTDIR). Correct --config.'],
  ])('%s', async (name, expected) => {
    const path = join(folder, name);
    const error = await readConfigText(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toBe(`ConfigError: ${path}: ${expected}`);
  });
});
