import type { Family } from '../../model/address.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { ip, place, setOf } from './rule-words.js';

// It comes before everything else: clients that may not get through get no answer, whatever the frontend would say.
export function restrictRule(family: Family, { withoutRanges = false }: PacketRulesSettings): string {
  if (withoutRanges) return `${place(family)} @${setOf('restricted', family)} drop`;
  const source = `${place(family)} . ${ip(family)} saddr`;
  return `${place(family)} @${setOf('restricted', family)} ${source} != @${setOf('sources', family)} drop`;
}
