import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/address.js';
import { addressOf, type FrontendKey, frontend } from '../../src/model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../../src/model/kernel-keys.js';
import { roundsOf } from '../../src/reconcile/pass-planner.js';
import { address, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const PORTS = [80, 81, 82, 83, 84];
const NODE = address('192.0.2.1');
const [FIRST = '' as FrontendKey, ...OTHERS] = keysAt(VIP_A);
const isVip = (place: Address) => place !== NODE;

function keysAt(place: Address): FrontendKey[] {
  return PORTS.map((port) => frontend(place, port, 'TCP').key);
}

function keysOf(frontends: readonly FrontendKey[], vips: readonly Address[] = []): KernelKeySet {
  const keys = new KernelKeySet();
  for (const key of frontends) keys.frontends.add(key);
  for (const vip of vips) keys.vips.add(vip);
  return keys;
}

function partsOf(keys: KernelKeys, size: number): KernelKeys[] {
  return [...roundsOf(keys, [], isVip, size)].flatMap((round) => [...round]);
}

describe('the parts of a pass', () => {
  it('have every key once, and VIPs along with their frontends', () => {
    const keys = keysOf([...keysAt(VIP_A), ...keysAt(VIP_B)], [VIP_A, VIP_B, VIP_A6]);
    const parts = partsOf(keys, 3);
    expect(parts.length).toBe(2);
    expect(parts.flatMap((part) => [...part.frontends])).toEqual([...keys.frontends]);
    expect(parts.map((part) => [...part.vips])).toEqual([[VIP_A], [VIP_B, VIP_A6]]);
  });

  it('keep all frontends of a VIP together, wherever they stand among the others', () => {
    const parts = partsOf(keysOf([FIRST, ...keysAt(VIP_B), ...OTHERS]), 1);
    const places = parts.map(({ frontends }) => [...new Set([...frontends].map(addressOf))]);
    expect(places).toEqual([[VIP_A], [VIP_B]]);
  });

  it('divide the NodePorts of an address of the node', () => {
    expect(partsOf(keysOf(keysAt(NODE)), 2).map(({ frontends }) => frontends.size)).toEqual([2, 2, 1]);
  });

  it('are one where the keys are few', () => {
    const few = keysOf(keysAt(VIP_A), [VIP_A]);
    expect(partsOf(few, PORTS.length)).toEqual([few]);
  });
});

describe('the rounds of a pass', () => {
  it('begin with what goes first, alone', () => {
    const all = keysOf([...OTHERS, FIRST], [VIP_A]);
    const rounds = [...roundsOf(all, [FIRST], isVip)].map((round) => [...round]);
    expect(rounds).toEqual([[keysOf([FIRST])], [keysOf(OTHERS, [VIP_A])]]);
  });

  it('are one where nothing of what goes first is to be done', () => {
    const all = keysOf(OTHERS);
    expect([...roundsOf(all, [FIRST], isVip)].map((round) => [...round])).toEqual([[all]]);
  });
});
