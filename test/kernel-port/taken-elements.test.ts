import { describe, expect, it } from 'vitest';
import type { SpelledElements } from '../../src/kernel/native/records.js';
import { PACKET_SETS, setName } from '../../src/kernel/packet-table/packet-sets.js';
import { takeElements } from '../../src/kernel/packet-table/taken-elements.js';
import { TRAFFIC_SETS } from '../../src/model/dataplane.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend, insideOf } from '../../src/model/frontend.js';
import { VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const WEB = frontend(VIP_A, 443, 'TCP');
const WEB_6 = frontend(VIP_A6, 443, 'TCP');
const MARK = 0xffff_ffff;

const indexOf = (name: string) => PACKET_SETS.findIndex((set) => setName(set) === name);

/** One element of the set, with what else the addon says of it. */
function spelled(name: string, front = WEB, more: object = {}): SpelledElements {
  const { key, port, protocol } = front;
  return { set: indexOf(name), protocol, keys: [key], ports: [port], ...more };
}

function taken(...elements: readonly SpelledElements[]): DataplaneState['policy'] {
  const { policy } = new DataplaneState();
  for (const those of elements) takeElements(policy, those);
  return policy;
}

describe('what the addon has spelled', () => {
  it('are guarded VIPs', () => {
    const { guarded } = taken(
      { set: indexOf('guarded-4'), keys: [VIP_A, VIP_B] },
      { set: indexOf('guarded-6'), keys: [VIP_A6] },
    );
    expect([...guarded]).toEqual([VIP_A, VIP_B, VIP_A6]);
  });

  it('are open frontends of both families', () => {
    const { open } = taken(spelled('open-4'), spelled('open-6', WEB_6));
    expect([...open]).toEqual([WEB, WEB_6].map((front) => [front.key, front]));
  });

  it.each(TRAFFIC_SETS)('are frontends that are %s', (name) => {
    const set = PACKET_SETS.find(({ purpose }) => purpose === name);
    const policy = taken(spelled(set === undefined ? '' : setName(set)));
    expect([...policy.traffic[name].values()]).toEqual([WEB]);
    expect(policy.open.size).toBe(0);
  });

  it('is the ledger, with the owners and with frontends that are not open', () => {
    const { owned } = taken(
      spelled('owned-tcp-4', WEB, { comments: ['default/web:https'] }),
      spelled('owned-tcp-6', WEB_6),
    );
    expect([...owned]).toEqual([
      [WEB.key, { frontend: WEB, owner: 'default/web:https' }],
      [WEB_6.key, { frontend: WEB_6, owner: '' }],
    ]);
  });

  it('makes one frontend of what is both owned and open', () => {
    const inside = { marks: [MARK] };
    const { open, owned } = taken(
      ...[spelled('open-4'), spelled('inside-4', WEB, inside)],
      ...[spelled('owned-inside-4', WEB, inside), spelled('owned-tcp-4')],
    );
    expect(owned.size).toBe(2);
    for (const [key, { frontend }] of owned) expect(open.get(key)).toBe(frontend);
  });

  it('are views of clients inside, each with its mark', () => {
    const INSIDE = insideOf(WEB, MARK);
    const comments = ['default/web:https'];
    const { open, owned } = taken(
      spelled('inside-4', WEB, { marks: [5] }),
      spelled('owned-inside-4', WEB, { marks: [MARK], comments }),
    );
    expect([...open]).toEqual([[INSIDE.key, insideOf(WEB, 5)]]);
    expect([...owned]).toEqual([[INSIDE.key, { frontend: INSIDE, owner: 'default/web:https' }]]);
  });

  it('are the clients that are allowed', () => {
    const { sources } = taken(
      spelled('sources-4', WEB, { sources: ['10.0.0.0/8'] }),
      spelled('sources-4', WEB, { sources: ['192.0.2.1/32'] }),
      spelled('sources-6', WEB_6, { sources: ['fd00::/64'] }),
    );
    expect([...sources.values()].map(({ frontend, cidrs }) => [frontend, [...cidrs.values()]])).toEqual([
      [
        WEB,
        [
          { family: 'IPv4', address: '10.0.0.0', prefix: 8, text: '10.0.0.0/8' },
          { family: 'IPv4', address: '192.0.2.1', prefix: 32, text: '192.0.2.1/32' },
        ],
      ],
      [WEB_6, [{ family: 'IPv6', address: 'fd00::', prefix: 64, text: 'fd00::/64' }]],
    ]);
  });
});
