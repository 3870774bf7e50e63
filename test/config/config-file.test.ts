import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { readConfigText } from '../../src/config/config-file.js';
import { fileFault, readBoundedFile, utf8Text } from '../../src/files/bounded-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-file-'));
  await writeFile(join(folder, 'binary'), Buffer.from([0x7f, 0x45, 0xff, 0xfe, 0]));
  await writeFile(join(folder, 'large'), Buffer.alloc(2 ** 20 + 1, '#'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a path that is no configuration file is refused with its name and what would mend it', () => {
  it.each(['none', '.', 'binary', 'large', 'binary/x'])('%s', async (name) => {
    const path = join(folder, name);
    const error = await readConfigText(path).catch((thrown: unknown) => thrown);
    const { fault, remedy } = await faultOf(path);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toBe(`ConfigError: ${path}: ${fault}. ${remedy}`);
  });
});

async function faultOf(path: string) {
  try {
    utf8Text((await readBoundedFile(path, 2 ** 20)).bytes);
  } catch (error) {
    return fileFault(error);
  }
  throw new Error('it can be read');
}
