import { expect, it } from 'vitest';
import { operationText } from '../../src/model/operation.js';
import { POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice } from '../support/objects.js';

it('at a first start no older Service has another’s ClusterIP, not even for a moment', async () => {
  const kernel = new FakeKernel();
  const { source, start, loop } = testAgent(kernel, undefined, { servicesAtOnce: 1 });
  source.put(
    aService('attacker', [VIP_B], { externalIPs: [VIP_A], created: 1 }),
    aSlice('attacker', [POD_2]),
  );
  source.put(aService('victim', [VIP_A], { created: 2 }), aSlice('victim', [POD_1]));
  source.put(aService('kubernetes', [], { created: 3 }), aSlice('kubernetes', [POD_3]));
  await start();
  expect(loop.state().synced).toBe(true);
  const ofVictim = kernel.log.map(operationText).filter((text) => text.includes(`${VIP_A}:80/TCP`));
  expect(ofVictim.filter((text) => text.includes(POD_2) || text.includes('attacker'))).toEqual([]);
  expect(ofVictim).toContain('own-frontend 10.96.0.10:80/TCP for default/victim:http');
});
