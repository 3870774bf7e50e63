import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';

const RUN = join(PROJECT_FOLDER, 'scripts/test-kernel/run');
const WRONG_USAGE = 2;

/** Only words that end it before a kernel is started. */
function runWith(...words: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stderr } = spawnSync('bash', [RUN, ...words], { encoding: 'utf8' });
  return { status, said: stderr };
}

describe('a test kernel whose clock counts instructions', () => {
  it('is a virtual machine, and refuses to be another kind of kernel', () => {
    const { status, said } = runWith('--counted', '--uml', '--', 'true');
    expect(status).toBe(WRONG_USAGE);
    expect(said).toContain('--counted goes with --vm, not with --uml');
  });

  it('has one processor, because two do not boot on such a clock', () => {
    const { status, said } = runWith('--counted', '--processors', '2', '--', 'true');
    expect(status).toBe(WRONG_USAGE);
    expect(said).toContain('--counted has one processor, not 2');
  });
});
