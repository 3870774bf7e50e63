import { describe, expect, it } from 'vitest';
import { sendTransaction } from '../../src/kernel/nf-tables/transaction.js';
import { FreshNamespace } from '../native/fresh-namespace.js';
import { IN_FULL_KERNEL } from './packets/support/kernel-test.js';

describe.skipIf(!IN_FULL_KERNEL)('rules of another program through the addon', () => {
  it('are chains and the jumps between them, of one table and family', async () => {
    using space = new FreshNamespace();
    expect(await space.handle.dumpRules('nat')).toEqual({ chains: [], jumps: [] });
    space.runWith(
      '*nat\n:A - [0:0]\n-A A -p tcp -m comment --comment "jump B" -j MASQUERADE\n' +
        '-A POSTROUTING -m comment --comment x -j A\nCOMMIT\n*filter\n:B - [0:0]\n-A INPUT -g B\nCOMMIT\n',
      'iptables-nft-restore',
    );
    const { chains, jumps } = await space.handle.dumpRules('nat');
    expect(chains).toEqual(expect.arrayContaining(['A', 'POSTROUTING']));
    expect(chains).not.toContain('B');
    expect(jumps).toEqual([{ chain: 'POSTROUTING', handle: expect.any(Number), target: 'A' }]);
    const [jump] = jumps;
    const handle = jump?.handle ?? 0;
    const nat = { family: 'ip', table: 'nat' } as const;
    expect(
      await sendTransaction(space.handle, [{ ...nat, kind: 'delete-rule', chain: 'POSTROUTING', handle }]),
    ).toBeUndefined();
    expect((await space.handle.dumpRules('nat')).jumps).toEqual([]);
    expect(await space.handle.dumpRules6('nat')).toEqual({ chains: [], jumps: [] });
  });
});
