import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/cli/exit.js';
import { sendTransaction } from '../../src/kernel/nf-tables/transaction.js';
import { rulesRefused } from '../../src/kernel/packet-table/packet-table-writer.js';
import { FreshNamespace, IN_TEST_KERNEL, TABLE } from '../native/fresh-namespace.js';
import { skipWithWords } from './support/kernel-meta.js';

const NAME = { family: 'inet', table: TABLE } as const;

const ADDON = fileURLToPath(new URL('../../build/Release/ipvs_native.node', import.meta.url));

describe.skipIf(!IN_TEST_KERNEL)('what keeps the agent from the kernel', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  it('is named where no file can be opened any more', () => {
    const script = `
      const { openSync } = require('node:fs');
      const { KernelHandle } = require(${JSON.stringify(ADDON)});
      try { for (;;) openSync('/dev/null'); } catch {}
      new KernelHandle({ device: 'd', table: 't', sets: [] }).ipvsInfo().catch(({ message }) => console.log(message));
    `;
    const command = `ulimit -n 64; exec "$0" -e "$1"`;
    const output = execFileSync('bash', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    expect(output.trim()).toMatch(/EMFILE|Too many open files/);
  });

  it('is named where another process owns the table of our name', async ({ task, skip }) => {
    // Linux 5.12 is the first that has tables with an owner.
    const { status, stderr } = spawnSync(
      'nsenter',
      [`--net=${space.path}`, '--', 'nft', 'add table inet probe { flags owner; }'],
      { encoding: 'utf8' },
    );
    if (status !== 0) skipWithWords(task, skip, stderr.trim());
    const owner = spawn('nsenter', [`--net=${space.path}`, '--', 'nft', '-i']);
    owner.stdin.write(`add table inet ${TABLE} { flags owner; }\n`);
    await expect.poll(() => space.run('nft', 'list', 'tables'), { timeout: 20_000 }).toContain(TABLE);
    const refusal = await sendTransaction(space.handle, [{ ...NAME, kind: 'add-table' }]);
    expect(refusal?.code).toBe('EPERM');
    expect(explainFailure(rulesRefused(TABLE, refusal === undefined ? [] : [refusal]))).toContain(
      'another process owns',
    );
    owner.stdin.end('quit\n');
    await new Promise((resolve) => owner.once('close', resolve));
    // It went with its owner.
    expect(await sendTransaction(space.handle, [{ ...NAME, kind: 'add-table' }])).toBeUndefined();
  });
});
