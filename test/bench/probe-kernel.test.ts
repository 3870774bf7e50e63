import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeKernel } from '../../bench/kernel/probe-kernel.js';

describe('the probe of a clock that counts instructions', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** One loop takes these times, one after another. */
  function probe(...times: readonly number[]): string {
    const path = join(folder, 'probe');
    const [list, turn] = [join(folder, 'times'), join(folder, 'turn')];
    writeFileSync(list, times.join('\n'));
    writeFileSync(turn, '');
    writeFileSync(
      path,
      `#!/bin/bash\necho >>${turn}\necho "{\\"hundredMillionSteps\\": $(sed -n "$(wc -l <${turn})p" ${list})}"\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }

  it('takes a fixed number of instructions for the same time each time', () => {
    expect(probeKernel('counted-vm', probe(1_201_657, 1_201_713, 1_201_700)).hundredMillionSteps).toBe(
      1_201_657,
    );
  });

  it('ends the run where one loop takes other times, since nothing could be trusted then', () => {
    expect(() => probeKernel('counted-vm', probe(1_200_000, 1_230_000, 1_200_000))).toThrow(
      'the clock does not count instructions: one loop took times that differ by 2.5 %',
    );
  });

  it('expects no more of a clock on the wall than a busy machine can give', () => {
    expect(() => probeKernel('vm', probe(1_200_000, 1_900_000, 1_200_000))).not.toThrow();
  });
});
