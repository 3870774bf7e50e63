import { FAMILIES } from '../../model/address.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { ip, ofFamily, setOf } from './rule-words.js';

// An address of the Service range that no Service has is not local, so its packets would follow the default route and,
// where that leads back, go round until their TTL ends. What another proxy answers has another destination by now.
export function strayRules({ serviceCIDRs }: PacketRulesSettings): string[] {
  return FAMILIES.flatMap((family) => {
    const cidrs = ofFamily(serviceCIDRs, family);
    const daddr = `${ip(family)} daddr`;
    return cidrs.length === 0
      ? []
      : [`${daddr} { ${cidrs.join(', ')} } ${daddr} != @${setOf('guarded', family)} drop`];
  });
}
