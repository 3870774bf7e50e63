import { FAMILIES, familyOf } from '../model/address.js';
import type { LocalGap } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { DesiredDataplane } from './desired-dataplane.js';

/** One entry for each family and policy. Costs what is dropped because of such a policy, not what the cluster has. */
export function localGaps(desired: DesiredDataplane): LocalGap[] {
  const { dropped, 'source-kept': external } = desired.policy.traffic;
  const policyOf = (key: Parameters<typeof dropped.has>[0]) => (external.has(key) ? 'external' : 'internal');
  return FAMILIES.flatMap((family) =>
    (['internal', 'external'] as const).map((policy) => {
      const services = new Set<ServiceKey | undefined>();
      for (const { key, address } of dropped.values())
        if (familyOf(address) === family && policyOf(key) === policy) services.add(desired.serviceOf(key));
      return { family, policy, services: services.size };
    }),
  );
}
