import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runInitOnly } from '../../src/cli/node-commands.js';
import { PROXY, read } from '../config/read.js';

let said: Record<'stdout' | 'stderr', string>;

beforeEach(() => {
  said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += text;
      return true;
    });
});
afterEach(() => vi.restoreAllMocks());

describe('--init-only', () => {
  it('says what it set and what is not as it should be, and ends well', async () => {
    const configuration = read(`${PROXY}portRange: 1-2\n`);
    const prepare = async () => ({ done: ['set a', 'set b'], warnings: ['c is read-only'] });
    expect(await runInitOnly(configuration, prepare)).toBe(0);
    expect(said.stdout).toBe('set a\nset b\n');
    expect(said.stderr).toMatch(/^! Set, but without effect here: portRange .*\n! c is read-only\n$/);
  });

  it('ends with 1 where something is lacking that Services need', async () => {
    const prepare = async () => ({ done: [], warnings: [], lacking: ['no IPVS'] });
    expect(await runInitOnly(read(PROXY), prepare)).toBe(1);
    expect(said).toEqual({ stdout: 'Nothing to prepare.\n', stderr: '! no IPVS\n' });
  });
});
