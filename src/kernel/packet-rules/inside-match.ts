import type { Family } from '../../model/address.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { ip, ofFamily } from './rule-words.js';

/** For each family the words that match a client inside the cluster; undefined where none can be told. */
export type InsideMatch = (family: Family) => string | undefined;

export const EVERYBODY: InsideMatch = () => '';

export function insideMatch({ insideClients }: PacketRulesSettings): InsideMatch {
  switch (insideClients.kind) {
    case 'unknown':
      return () => undefined;
    case 'interfaces':
      return () => `iifname "${insideClients.name}"`;
    case 'addresses':
      return (family) => {
        const cidrs = ofFamily(insideClients.cidrs, family);
        return cidrs.length === 0 ? undefined : `${ip(family)} saddr { ${cidrs.join(', ')} }`;
      };
  }
}
