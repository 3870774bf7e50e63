import { describe, expect, it } from 'vitest';
import { kernelRules } from '../../src/compose-node.js';
import { factsBefore } from '../../src/desired/cluster-facts.js';
import { standingElements, standingRulesOf } from '../../src/kernel/packet-table/layout-set.js';
import {
  type PacketRulesSettings,
  PLAIN_RULES,
} from '../../src/kernel/packet-table/packet-rules-settings.js';
import { layoutDigest, tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { NO_FACTS } from '../../src/model/cluster-facts.js';
import { PROXY, read } from '../config/read.js';

/** What a look at the layout set finds after these rules have been written. */
function layoutSet(rules: PacketRulesSettings) {
  return [...tableTransaction(rules), ...standingElements(rules)].flatMap((command) =>
    command.kind === 'add-elements' && command.set === 'layout'
      ? command.elements.map(({ key, comment = '' }) => ({ element: key, comment }))
      : [],
  );
}

const FACTS = {
  ...NO_FACTS,
  podCIDRs: ['10.244.1.0/24', 'fd00:244:1::/64'],
  serviceCIDRs: ['10.96.0.0/12', 'fd00:96::/112'],
};

describe('what the rules were made from', () => {
  it('is noted beside them, and read again in the same order', () => {
    const many = Array.from({ length: 300 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const rules = {
      ...PLAIN_RULES,
      insideClients: { kind: 'addresses' as const, cidrs: many },
      serviceCIDRs: FACTS.serviceCIDRs,
    };
    expect(standingRulesOf(layoutSet(rules))).toEqual({
      insideCIDRs: many,
      serviceCIDRs: FACTS.serviceCIDRs,
    });
  });

  it('may be no ranges at all, or not by address, or not there', () => {
    const none = { ...PLAIN_RULES, insideClients: { kind: 'addresses' as const, cidrs: [] } };
    expect(standingRulesOf(layoutSet(none))).toEqual({ insideCIDRs: [], serviceCIDRs: [] });
    expect(standingRulesOf(layoutSet(PLAIN_RULES))).toEqual({ insideCIDRs: undefined, serviceCIDRs: [] });
    expect(standingRulesOf([])).toBeUndefined();
  });

  it.each([
    '',
    'detectLocalMode: NodeCIDR',
    'detectLocalMode: ClusterCIDR\nclusterCIDR: 10.244.0.0/16',
    'detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}',
    'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: veth}',
  ])('makes a start that knows nothing of the cluster yet want the same rules: %s', (text) => {
    const { settings } = read(`${PROXY}${text}`);
    const before = kernelRules(settings, FACTS);
    const standing = standingRulesOf(layoutSet(before));
    expect(layoutDigest(kernelRules(settings, factsBefore(standing)))).toBe(layoutDigest(before));
  });
});
