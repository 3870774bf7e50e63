import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';

/** What the compiler says of the header for a machine that these words describe. */
function compiled(...words: readonly string[]) {
  const input = `#include "${join(PROJECT_FOLDER, 'native/machine.h')}"\n`;
  return spawnSync('g++', ['-fsyntax-only', '-x', 'c++', ...words, '-'], { encoding: 'utf8', input });
}

describe('the addon is compiled', () => {
  it('for this machine', () => {
    expect(compiled()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [
      'a big-endian machine',
      ['-U__BYTE_ORDER__', '-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__'],
      'little-endian machines only',
    ],
    ['a machine of 32 bits', ['-U__LP64__'], '64-bit machines only'],
  ])('but not for %s, and says why', (_, words, reason) => {
    const { status, stderr } = compiled(...words);
    expect(status).not.toBe(0);
    expect(stderr).toContain(reason);
  });
});
