import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PacketRulesSettings } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { explainRules, readDebugRules } from '../support/nft-debug-lines.js';

/** What each text is about. */
const TEXTS: Readonly<Record<string, PacketRulesSettings>> = {
  'cluster-by-addresses': {
    masqueradeAll: false,
    insideClients: { kind: 'addresses', cidrs: ['10.244.0.0/16', 'fd00:244::/48'] },
    serviceCIDRs: ['10.96.0.0/12', 'fd00:96::/64'],
    strictArp: true,
  },
  'cluster-by-interfaces': {
    masqueradeAll: false,
    insideClients: { kind: 'interfaces', name: 'veth*' },
    serviceCIDRs: [],
  },
  'many-ranges': {
    masqueradeAll: false,
    insideClients: {
      kind: 'addresses',
      cidrs: ['10.0.0.0/8', '192.168.3.0/24', '192.168.4.0/24', '255.0.0.0/8', 'fd00::/8', '2001:db8::/33'],
    },
    serviceCIDRs: ['10.96.0.0/12', '0.0.0.0/1', 'fd00:96::/64', 'fd00:97::/64'],
  },
};

/**
 * What nft's language cannot say, as it takes marks and priorities for different types: a constant, and what it stands
 * for.
 */
const UNSAYABLE = [
  [
    'meta priority set meta mark',
    'meta priority set abcd:0001',
    '[ immediate reg 1 0xabcd0001 ]',
    '[ meta load mark => reg 1 ]',
  ],
  [
    'meta mark set meta priority',
    'meta mark set 0xabcd0002',
    '[ immediate reg 1 0xabcd0002 ]',
    '[ meta load priority => reg 1 ]',
  ],
] as const;

const sayable = (text: string) =>
  UNSAYABLE.reduce((said, [meant, instead]) => said.replaceAll(meant, instead), text);
const meant = (output: string) =>
  UNSAYABLE.reduce((said, [, , line, loaded]) => said.replaceAll(line, loaded), output);

// Takes no root: the new user namespace has a network namespace of its own, and nothing is written.
const nft = (text: string) =>
  spawnSync('unshare', ['--map-root-user', '--net', 'nft', '--check', '--debug=netlink', '--file', '-'], {
    input: text,
    encoding: 'utf8',
  });
const HAS_NFT = nft('add table inet probe\n').status === 0;

/** The rules as nft writes them for the same text. */
describe.skipIf(!HAS_NFT)('the bytes of our rules are those that nft makes of their text', () => {
  for (const [name, settings] of Object.entries(TEXTS))
    it(name, () => {
      const { stdout, stderr } = nft(
        sayable(readFileSync(new URL(`nft/${name}.nft`, import.meta.url), 'utf8')),
      );
      expect(stderr).toBe('');
      const theirs = readDebugRules(meant(stdout));
      const ours = explainRules(tableTransaction(settings));
      expect(ours).toHaveLength(theirs.length);
      for (const [index, rule] of theirs.entries()) expect(ours[index]).toEqual(rule);
    });
});
