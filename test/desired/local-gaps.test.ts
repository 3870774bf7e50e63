import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { localGaps } from '../../src/desired/settled-frontends.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { Service } from '../../src/model/service.js';
import { POD_1, VIP_A, VIP_B } from '../support/addresses.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

function gapsOf(over: Partial<Service>, node: string): string[] {
  const view = new ClusterView();
  const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1' });
  const service = aService('web', [VIP_A], { loadBalancerIPs: [VIP_B], ...over });
  view.setService(service);
  view.setSlice(aSlice('web', [POD_1], { endpoints: [anEndpoint(POD_1, { node })] }));
  desired.refresh(service.key, view.look(service.key));
  return localGaps(desired)
    .filter(({ services }) => services > 0)
    .map(({ family, policy, services }) => `${family} ${policy} ${services}`);
}

describe('a Service whose endpoints are all on other nodes', () => {
  it('is counted for the policy that is Local', () => {
    expect(gapsOf({ internalPolicy: 'Local' }, 'node-2')).toEqual(['IPv4 internal 1']);
    expect(gapsOf({ externalPolicy: 'Local' }, 'node-2')).toEqual(['IPv4 external 1']);
  });

  it('is not counted where no policy is Local, or one of them is here', () => {
    expect(gapsOf({}, 'node-2')).toEqual([]);
    expect(gapsOf({ internalPolicy: 'Local', externalPolicy: 'Local' }, 'node-1')).toEqual([]);
  });
});
