import { expect, it } from 'vitest';
import type { KernelHandle } from '../../src/kernel/native/addon.js';
import type { RealServerRecord, SpelledVirtualServers } from '../../src/kernel/native/records.js';
import { observeAll } from '../../src/kernel/netlink/netlink-observation.js';
import { Rebinding } from '../../src/kernel/netlink/rebinding.js';
import { TRIAL_TAG, toKernel } from '../../src/kernel/netlink/server-settings.js';
import { PACKET_SETS, setName } from '../../src/kernel/packet-table/packet-sets.js';
import { frontend, insideOf, nameless } from '../../src/model/frontend.js';
import { listing } from '../native/packed-answers.js';
import { POD_1, POD_2, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const WEB = frontend(VIP_A, 80, 'TCP');
const WEB_6 = frontend(VIP_A6, 80, 'TCP');
const FOREIGN = frontend(VIP_B, 53, 'UDP');
const INSIDE = insideOf(WEB, 7);
const SETTINGS = { scheduler: 'rr', schedulerFlags: '', persistenceTimeout: 0 } as const;
const OURS = toKernel(SETTINGS);
const THEIRS = { ...OURS, flags: 0 };
const TRIAL = { ...OURS, flags: TRIAL_TAG };

const setIndex = (name: string) => PACKET_SETS.findIndex((set) => setName(set) === name);
const owned = (name: string, marks?: readonly number[]) => ({
  ...{ set: setIndex(name), protocol: 'TCP', keys: [WEB.key], ports: [80], comments: ['default/web'] },
  ...(marks && { marks }),
});

function observed(
  spelled: Partial<SpelledVirtualServers> & Pick<SpelledVirtualServers, 'names' | 'kinds'>,
  sets: readonly object[] = [],
  records: readonly RealServerRecord[] = [],
) {
  const servers = spelled.names.map(() => '');
  const handle: Partial<KernelHandle> = {
    spellAddresses: async () => [JSON.stringify({ isRoute: false, addresses: [VIP_A, VIP_A6] })],
    // All in one answer.
    spellSets: async (layouts) => ({
      texts: sets.map((each) => JSON.stringify(each)),
      count: layouts.length,
    }),
    listVirtualServers: async () =>
      listing([{ settings: [OURS, THEIRS, TRIAL], servers, ...spelled }], records),
  };
  const rebinding = new Rebinding(handle as KernelHandle, 'addresses');
  return observeAll(handle as KernelHandle, new Map(), rebinding);
}

it('what is tagged or in the ledger is ours, whatever else is another program’s, and a trial is neither', async () => {
  const names = [WEB.key, WEB_6.key, FOREIGN.key, frontend(VIP_B, 81, 'TCP').key];
  const { dataplane, foreign } = await observed({ names, kinds: [1, 0, 1, 2] }, [owned('owned-tcp-4')]);
  expect([...dataplane.virtualServers.values()].map(({ frontend: front }) => front)).toEqual([WEB, WEB_6]);
  expect([WEB, WEB_6].map(({ key }) => dataplane.virtualServers.get(key)?.untagged)).toEqual([
    true,
    undefined,
  ]);
  expect(foreign.map(({ frontend: front }) => front)).toEqual([FOREIGN]);
  expect([...dataplane.foreign]).toEqual([FOREIGN.key]);
  expect([...dataplane.bound]).toEqual([VIP_A, VIP_A6]);
});

it('a mark of the ledger is its frontend, another that is tagged has no name, and one that is not is left out', async () => {
  const { dataplane } = await observed({ names: ['IPv4 7', 'IPv6 7', 'IPv4 8'], kinds: [0, 0, 1] }, [
    owned('owned-inside-4', [7]),
  ]);
  const fronts = [...dataplane.virtualServers.values()].map(({ frontend: front }) => front);
  expect(fronts).toEqual([INSIDE, nameless('IPv6', 7)]);
});

it('has settings, real servers and the connections of those that have some', async () => {
  const idle = {
    address: POD_1,
    port: 80,
    weight: 1,
    forwarding: 0,
    active: 0,
    inactive: 0,
    upperThreshold: 0,
  };
  const { dataplane, activity } = await observed(
    {
      names: [WEB.key, WEB_6.key],
      kinds: [0, 0],
      servers: [`80 1 ${POD_1},${POD_2}`, ''],
      records: [2, 0],
    },
    [],
    [idle, { ...idle, address: POD_2, active: 3 }],
  );
  const [web, web6] = [WEB, WEB_6].map(({ key }) => dataplane.virtualServers.get(key));
  expect([...(web?.realServers ?? [])].map(({ key }) => key)).toEqual([`${POD_1}:80`, `${POD_2}:80`]);
  expect([web?.settings, web6?.settings, web6?.realServers.size]).toEqual([SETTINGS, SETTINGS, 0]);
  expect([...activity].map(([key, its]) => [key, [...its]])).toEqual([
    [WEB.key, [[`${POD_2}:80`, { active: 3, inactive: 0 }]]],
  ]);
});
