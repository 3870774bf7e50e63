import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendTransaction } from '../../src/kernel/nf-tables/transaction.js';
import type { PacketRulesSettings } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { DELETE_TABLE, tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { FreshNamespace, IN_TEST_KERNEL, TABLE } from '../native/fresh-namespace.js';

const SETTINGS: PacketRulesSettings = {
  masqueradeAll: false,
  insideClients: { kind: 'addresses', cidrs: ['10.0.0.0/8', '192.168.3.0/24', 'fd00:244::/48'] },
  serviceCIDRs: ['10.96.0.0/12', 'fd00:96::/64'],
};

const CACHE = process.env.KUBE_IPVS_PROXY_CACHE ?? join(homedir(), '.cache/kube-ipvs-proxy');

/** nft of the machine, and of Debian 11 and 13 where they have been unpacked. */
const PROGRAMS = ['nft', ...['11', '13'].map((release) => join(CACHE, 'nft', release, 'nft'))].filter(
  (program) => program === 'nft' || existsSync(program),
);

/** `--update` writes it anew. */
const SHOWN = 'packet-table.shown.txt';

const ELEMENTS = `add element inet ${TABLE} inside-4 { 10.96.0.1 . tcp . 80 : 0x1234 }
add element inet ${TABLE} sources-4 { 10.96.0.1 . tcp . 80 . 192.0.2.0/24 }
add element inet ${TABLE} owned-udp-6 { fd00:96::1 . 53 comment "kube-system/dns:dns" }
`;

/**
 * What differs between versions of nft: older ones say the family twice, and say flags in other words. What differs
 * between ours: the digest of the rules.
 */
function plain(listing: string): string {
  return listing
    .replaceAll(/meta nfproto ipv[46] /g, '')
    .replaceAll('ct status & dnat == 0x0 ', 'ct status ! dnat ')
    .replaceAll('ip frag-off 0x4000 ', 'ip frag-off 16384 ')
    .replaceAll('ip frag-off set 0x0', 'ip frag-off set 0')
    .replace(/comment "[0-9a-f]{16}"/, 'comment "digest"');
}

describe.skipIf(!IN_TEST_KERNEL)('our table', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => space[Symbol.dispose]());

  const write = (settings: PacketRulesSettings) => sendTransaction(space.handle, tableTransaction(settings));
  const list = (program: string) => space.run(program, '--numeric-priority', 'list', 'table', 'inet', TABLE);

  for (const program of PROGRAMS)
    it(`is shown in full, with the types of its sets, by ${program === 'nft' ? program : `nft of Debian ${program.split('/').at(-2)}`}`, async () => {
      expect(await write(SETTINGS)).toBeUndefined();
      space.runWith(ELEMENTS, 'nft', '-f', '-');
      await expect(plain(list(program))).toMatchFileSnapshot(SHOWN);
    });

  it('keeps the elements of its sets when the rules are written again, and has no rule twice', async () => {
    await write(SETTINGS);
    space.runWith(ELEMENTS, 'nft', '-f', '-');
    const before = list('nft');
    expect(await write({ ...SETTINGS, masqueradeAll: true })).toBeUndefined();
    expect(list('nft')).not.toBe(before);
    expect(await write(SETTINGS)).toBeUndefined();
    expect(list('nft')).toBe(before);
  });

  it('is not there where one of its rules is refused', async () => {
    const rule = [{ kind: 'verdict', verdict: { to: 'jump', chain: 'nowhere' } }] as const;
    const refusal = await sendTransaction(space.handle, [
      ...tableTransaction(SETTINGS),
      { family: 'inet', table: TABLE, kind: 'add-rule', chain: 'guard', rule },
    ]);
    expect(refusal?.text).toMatch(/^rule 11 of chain guard in table inet kube-ipvs-proxy: ENOENT/);
    expect(space.run('nft', 'list', 'tables')).toBe('');
    expect(await sendTransaction(space.handle, DELETE_TABLE)).toMatchObject({ code: 'ENOENT' });
  });
});
