import type { Family } from '../../../model/address.js';
import type { Statement } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { arrivesBy, isWithin, sourceAddress } from './rule-words.js';

/** For each family what matches a client inside the cluster, nothing for everybody; undefined where none can be told. */
export type InsideMatch = (family: Family) => readonly Statement[] | undefined;

export const EVERYBODY: InsideMatch = () => [];

export function insideMatch({ insideClients }: PacketRulesSettings): InsideMatch {
  switch (insideClients.kind) {
    case 'unknown':
      return () => undefined;
    case 'interfaces':
      return () => [arrivesBy(insideClients.name)];
    case 'addresses':
    case 'pods-of-this-node':
      return (family) => {
        const isInside = isWithin(sourceAddress, family, insideClients.cidrs);
        return isInside === undefined ? undefined : [isInside];
      };
  }
}
