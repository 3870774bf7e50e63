import { describe, expect, it } from 'vitest';
import {
  endpointsChanged,
  serviceAdded,
  serviceDeleted,
  wholeTransaction,
} from '../../bench/compare/nftables-rules.js';
import type { RuleService } from '../../bench/compare/rule-service.js';
import { parseAddress } from '../../src/model/address.js';

function address(text: string) {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

/** As kube-proxy 1.36.2 was seen to have it in a kernel. */
const BACKEND: RuleService = {
  namespace: 'kproxy-lab',
  name: 'backend-api',
  portName: 'http',
  address: address('10.100.192.23'),
  port: 80,
  endpoints: [
    { address: address('10.244.0.10'), port: 9898, isLocal: true },
    { address: address('10.244.0.8'), port: 9898, isLocal: true },
  ],
};
const CHAIN = 'service-YVSKLJHA-kproxy-lab/backend-api/tcp/http';
const SINGLE: RuleService = { ...BACKEND, endpoints: BACKEND.endpoints.slice(0, 1) };

describe("the rules of kube-proxy's nftables mode", () => {
  it('lead from a VIP to a chain that chooses an endpoint from a map of its own', () => {
    expect(serviceAdded(BACKEND, '1.36').split('\n')).toEqual([
      `add chain ip kube-proxy ${CHAIN}`,
      `flush chain ip kube-proxy ${CHAIN}`,
      `add rule ip kube-proxy ${CHAIN} meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.0.10 . 9898 , 1 : 10.244.0.8 . 9898 }`,
      'add element ip kube-proxy cluster-ips { 10.100.192.23 }',
      `add element ip kube-proxy service-ips { 10.100.192.23 . tcp . 80 : goto ${CHAIN} }`,
      'add element ip kube-proxy hairpin-connections { 10.244.0.10 . 10.244.0.10 . tcp . 9898 }',
      'add element ip kube-proxy hairpin-connections { 10.244.0.8 . 10.244.0.8 . tcp . 9898 }',
      '',
    ]);
  });

  it('have no map for a single endpoint since 1.37', () => {
    expect(endpointsChanged(SINGLE, '1.36')).toContain('numgen random mod 1 map { 0 : 10.244.0.10 . 9898 }');
    expect(endpointsChanged(SINGLE, '1.37')).toContain(
      `add rule ip kube-proxy ${CHAIN} meta l4proto tcp dnat to 10.244.0.10:9898\n`,
    );
    expect(endpointsChanged(BACKEND, '1.37')).toBe(endpointsChanged(BACKEND, '1.36'));
  });

  it('take the elements of a deleted Service out and leave its chain empty', () => {
    expect(serviceDeleted(BACKEND).split('\n')).toEqual([
      'delete element ip kube-proxy cluster-ips { 10.100.192.23 }',
      'delete element ip kube-proxy service-ips { 10.100.192.23 . tcp . 80 }',
      `flush chain ip kube-proxy ${CHAIN}`,
      '',
    ]);
  });

  it('are one transaction, in which every chain is made before a rule leads to it', () => {
    const lines = wholeTransaction([BACKEND, { ...SINGLE, name: 'other' }], '1.37').split('\n');
    const made = new Set<string>();
    for (const line of lines) {
      const [, chain] = /^add chain ip kube-proxy (\S+)/.exec(line) ?? [];
      if (chain !== undefined) made.add(chain);
      const [, target] = /(?:jump|goto) (\S+)/.exec(line) ?? [];
      if (target !== undefined) expect(made).toContain(target);
    }
    expect(lines.filter((line) => line.includes('jump services'))).toHaveLength(2);
  });

  it('look with session affinity for the client in the set of each endpoint, before they choose', () => {
    const text = serviceAdded({ ...SINGLE, affinity: 10_800 }, '1.37');
    const name = /add chain ip kube-proxy endpoint-(\S+)/.exec(text)?.[1];
    expect(name).toMatch(/^[A-Z2-7]{8}-kproxy-lab\/backend-api\/tcp\/http__10\.244\.0\.10\/9898$/);
    expect(text.split('\n').slice(0, 9)).toEqual([
      `add set ip kube-proxy affinity-${name} { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }`,
      `add chain ip kube-proxy endpoint-${name}`,
      `flush chain ip kube-proxy endpoint-${name}`,
      `add rule ip kube-proxy endpoint-${name} update @affinity-${name} { ip saddr }`,
      `add rule ip kube-proxy endpoint-${name} meta l4proto tcp dnat to 10.244.0.10:9898`,
      `add chain ip kube-proxy ${CHAIN}`,
      `flush chain ip kube-proxy ${CHAIN}`,
      `add rule ip kube-proxy ${CHAIN} ip saddr @affinity-${name} goto endpoint-${name}`,
      `add rule ip kube-proxy ${CHAIN} numgen random mod 1 vmap { 0 : goto endpoint-${name} }`,
    ]);
  });

  it('name the protocol of the Service wherever they name one', () => {
    const text = serviceAdded({ ...BACKEND, protocol: 'UDP' }, '1.36');
    expect(text).toContain('meta l4proto udp dnat ip addr . port');
    expect(text).toContain('{ 10.100.192.23 . udp . 80 : goto service-');
    expect(text).not.toContain('tcp');
  });
});
