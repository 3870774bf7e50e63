import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setSysctls } from '../../src/kernel/node/sysctls.js';

const VALUES = ['vs/conntrack', 'vs/expire_nodest_conn', 'vs/expire_quiescent_template', 'ip_forward'];
let root: string;
const file = (name: string) => join(root, 'net/ipv4', name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sysctl-'));
  mkdirSync(file('vs'), { recursive: true });
  for (const name of VALUES) writeFileSync(file(name), '0\n');
});

afterEach(() => rmSync(root, { recursive: true }));

describe('sysctls', () => {
  it('are written and reported', async () => {
    const { written, warnings } = setSysctls(root);
    expect(written).toHaveLength(VALUES.length);
    expect(warnings).toEqual([]);
    expect(VALUES.map((name) => readFileSync(file(name), 'utf8'))).toEqual(VALUES.map(() => '1'));
  });

  it('that are right already are not written', async () => {
    for (const name of VALUES) {
      writeFileSync(file(name), '1\n');
      chmodSync(file(name), 0o444);
    }
    const before = VALUES.map((name) => statSync(file(name)).mtimeMs);
    expect(setSysctls(root)).toEqual({ written: [], warnings: [] });
    expect(VALUES.map((name) => statSync(file(name)).mtimeMs)).toEqual(before);
  });

  it('that are missing are a warning with what follows from it, and the others are still set', async () => {
    rmSync(file('vs/expire_nodest_conn'));
    const { written, warnings } = setSysctls(root);
    expect(written).toHaveLength(VALUES.length - 1);
    expect(warnings).toEqual([
      expect.stringMatching(/cannot set net\.ipv4\.vs\.expire_nodest_conn=1 \(ENOENT\)/),
    ]);
  });
});
