import { FAMILIES } from '../../../model/address.js';
import type { Rule } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { DROP, destinationAddress, isNotIn, isWithin, setOf } from './rule-words.js';

// An address of the Service range that no Service has is not local, so its packets would follow the default route and,
// where that leads back, go round until their TTL ends. What another proxy answers has another destination by now.
export function strayRules({ serviceCIDRs }: PacketRulesSettings): Rule[] {
  return FAMILIES.flatMap((family) => {
    const isService = isWithin(destinationAddress, family, serviceCIDRs);
    const isUnknown = isNotIn([destinationAddress(family)], setOf('guarded', family));
    return isService === undefined ? [] : [[isService, isUnknown, DROP]];
  });
}
