import { describe, expect, it } from 'vitest';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { evenServers, RealServerList, realServer, withWeight } from '../../src/model/real-server.js';
import { POD_1, POD_2, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { settings } from '../support/objects.js';

const HTTP = frontend(VIP_A, 80, 'TCP');
const HTTPS = frontend(VIP_A, 443, 'TCP');
const OTHER = frontend(VIP_B, 80, 'TCP');
const RR = settings('rr');
const ONE = realServer(POD_1, 8_080, 1);
const TWO = realServer(POD_2, 8_080, 1);

function stateAfter(...operations: readonly Operation[]): DataplaneState {
  const state = new DataplaneState();
  for (const operation of operations) state.acknowledge(operation);
  return state;
}

const add = (front = HTTP): Operation => ({ kind: 'add-virtual-server', frontend: front, settings: RR });
const addReal = (server = ONE): Operation => ({ kind: 'add-real-server', frontend: HTTP, server });

/** Every pair of an operation and the one that takes it back. */
const PAIRS: readonly (readonly [Operation, Operation])[] = [
  [add(), { kind: 'delete-virtual-server', frontend: HTTP }],
  [
    { kind: 'own-frontend', frontend: HTTP, owner: 'default/web' },
    { kind: 'disown-frontend', frontend: HTTP },
  ],
  [
    { kind: 'open-frontend', frontend: HTTP },
    { kind: 'close-frontend', frontend: HTTP },
  ],
  [
    { kind: 'guard-vip', address: VIP_A },
    { kind: 'release-vip', address: VIP_A },
  ],
  [
    { kind: 'bind-vip', address: VIP_A },
    { kind: 'unbind-vip', address: VIP_A },
  ],
];

describe('an acknowledged operation', () => {
  it.each(PAIRS.map(([write, undo]) => [write.kind, undo.kind, write, undo] as const))(
    '%s shows in the state, and %s takes it back',
    (_write, _undo, write, undo) => {
      expect(dataplaneText(stateAfter(write))).not.toBe('');
      expect(dataplaneText(stateAfter(write, write))).toBe(dataplaneText(stateAfter(write)));
      expect(dataplaneText(stateAfter(write, undo))).toBe('');
      expect(dataplaneText(stateAfter(undo))).toBe('');
    },
  );

  it('of a real server adds it, sets its weight and removes it', () => {
    const state = stateAfter(add(), addReal(), addReal(TWO));
    state.acknowledge({ kind: 'set-real-server', frontend: HTTP, server: withWeight(ONE, 0) });
    expect(dataplaneText(state)).toBe(`${HTTP.key} rr\n  -> ${ONE.key} weight 0\n  -> ${TWO.key} weight 1`);
    state.acknowledge({ kind: 'delete-real-server', frontend: HTTP, server: ONE });
    expect(dataplaneText(state)).toBe(`${HTTP.key} rr\n  -> ${TWO.key} weight 1`);
  });

  it('of all real servers at once adds them to those that are there, and does not follow its list', () => {
    const servers = new RealServerList([ONE, TWO]);
    const addAll: Operation = { kind: 'add-real-servers', frontend: HTTP, servers };
    const both = `${HTTP.key} rr\n  -> ${ONE.key} weight 1\n  -> ${TWO.key} weight 1`;
    const state = stateAfter(add(), addAll);
    expect(dataplaneText(state)).toBe(both);
    servers.remove(ONE);
    expect(dataplaneText(state)).toBe(both);
    expect(dataplaneText(stateAfter(add(), addReal(), addAll))).toBe(both);
    state.acknowledge({ kind: 'delete-real-server', frontend: HTTP, server: TWO });
    expect(servers.size).toBe(1);
  });

  it('that changes one of servers that were added at once leaves the others and their list', () => {
    const servers = evenServers([POD_1, POD_2], 8_080, 1);
    const state = stateAfter(add(), { kind: 'add-real-servers', frontend: HTTP, servers });
    state.acknowledge({ kind: 'set-virtual-server', frontend: HTTP, settings: settings('mh') });
    state.acknowledge({ kind: 'set-real-server', frontend: HTTP, server: withWeight(ONE, 0) });
    expect(dataplaneText(state)).toBe(`${HTTP.key} mh\n  -> ${ONE.key} weight 0\n  -> ${TWO.key} weight 1`);
    expect([...servers].map(({ weight }) => weight)).toEqual([1, 1]);
  });

  it('that sets a virtual server keeps its real servers', () => {
    const wanted = settings('lc', 60);
    const state = stateAfter(add(), addReal(), {
      kind: 'set-virtual-server',
      frontend: HTTP,
      settings: wanted,
    });
    expect(dataplaneText(state)).toBe(`${HTTP.key} lc persistent 60\n  -> ${ONE.key} weight 1`);
  });

  it('that adds a virtual server anew begins without real servers', () => {
    const remove: Operation = { kind: 'delete-virtual-server', frontend: HTTP };
    expect(dataplaneText(stateAfter(add(), addReal(), remove, add()))).toBe(`${HTTP.key} rr`);
  });

  it('that forgets flows changes nothing', () => {
    const forget: Operation = { kind: 'forget-flows', frontend: HTTP, server: ONE };
    expect(dataplaneText(stateAfter(add(), addReal(), forget))).toBe(
      dataplaneText(stateAfter(add(), addReal())),
    );
  });

  it('of a new owner takes the place of the old one', () => {
    const own = (owner: string): Operation => ({ kind: 'own-frontend', frontend: HTTP, owner });
    const { policy } = stateAfter(own('default/old'), own('default/new'));
    expect([...policy.owned.values()]).toEqual([{ frontend: HTTP, owner: 'default/new' }]);
  });
});

describe('the frontends at an address', () => {
  it('are those of its virtual servers', () => {
    const state = stateAfter(add(HTTP), add(HTTPS), add(OTHER));
    expect([...state.frontendsAt(VIP_A)]).toEqual([HTTP.key, HTTPS.key]);
    state.removeVirtualServer(HTTP);
    expect([...state.frontendsAt(VIP_A)]).toEqual([HTTPS.key]);
    state.removeVirtualServer(HTTPS);
    state.removeVirtualServer(HTTPS);
    expect(state.frontendsAt(VIP_A).size).toBe(0);
    expect([...state.frontendsAt(VIP_B)]).toEqual([OTHER.key]);
  });

  it('count a virtual server once, however often it is put', () => {
    const state = stateAfter(add(), add());
    state.removeVirtualServer(HTTP);
    expect(state.frontendsAt(VIP_A).size).toBe(0);
  });
});

describe('addresses and sets', () => {
  it('are taken over in place of what was known, and do not follow their source', () => {
    const state = stateAfter(...PAIRS.slice(1).map(([write]) => write), add());
    const source = stateAfter({ kind: 'guard-vip', address: VIP_B }, { kind: 'bind-vip', address: VIP_B });
    state.putAddressesAndSets(source);
    source.acknowledge({ kind: 'release-vip', address: VIP_B });
    expect(dataplaneText(state)).toBe(`${HTTP.key} rr\nbound ${VIP_B}\nguarded ${VIP_B}`);
  });

  it('are compared in pieces for each of them, and as before until the last', () => {
    const state = stateAfter(...PAIRS.slice(1).map(([write]) => write), add());
    const source = stateAfter({ kind: 'guard-vip', address: VIP_B }, { kind: 'bind-vip', address: VIP_B });
    const before = dataplaneText(state);
    const pieces = state.putAddressesAndSetsInPieces(source);
    let count = 0;
    while (pieces.next().done !== true) {
      count++;
      expect(dataplaneText(state)).toBe(before);
    }
    expect(count).toBeGreaterThan(before.split('\n').length);
    expect(dataplaneText(state)).not.toBe(before);
  });
});

describe('the frontends of other programs', () => {
  it('are known by their VIP until the last of one VIP has gone', () => {
    const six = frontend(VIP_A6, 80, 'TCP');
    const { foreign } = new DataplaneState();
    for (const { key } of [HTTP, HTTPS, HTTP, six]) foreign.add(key);
    foreign.delete(HTTP.key);
    foreign.delete(HTTP.key);
    expect([VIP_A, VIP_B, VIP_A6].map((vip) => foreign.isAt(vip))).toEqual([true, false, true]);
    foreign.delete(HTTPS.key);
    expect(foreign.isAt(VIP_A)).toBe(false);
    foreign.clear();
    expect([foreign.isAt(VIP_A6), foreign.size]).toEqual([false, 0]);
  });
});
