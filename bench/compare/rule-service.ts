import { createHash } from 'node:crypto';
import type { Address } from '../../src/model/address.js';
import { LOCAL_ENDPOINTS, newPod, pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';

/** A port of a Service, as the rules of kube-proxy's modes are made of it. */
export interface RuleService {
  readonly namespace: string;
  readonly name: string;
  /** Empty for a port without a name. */
  readonly portName: string;
  readonly address: Address;
  readonly port: number;
  /** TCP unless said. */
  readonly protocol?: 'TCP' | 'UDP';
  readonly endpoints: readonly RuleEndpoint[];
  /** Seconds; absent without session affinity. */
  readonly affinity?: number;
}

export interface RuleEndpoint {
  readonly address: Address;
  readonly port: number;
  /** On the node that has the rules. */
  readonly isLocal: boolean;
}

/** As iptables and nft write it. */
export function protocolOf({ protocol = 'TCP' }: RuleService): string {
  return protocol.toLowerCase();
}

/** The Services of bench/kernel/content.ts, in the words of the rules. */
export function benchService(index: number, endpoints: number): RuleService {
  return {
    namespace: 'bench',
    name: `service-${index}`,
    portName: '',
    address: vip(index),
    port: SERVICE_PORT,
    endpoints: Array.from({ length: endpoints }, (_, place) => {
      const number = index * endpoints + place;
      return { address: pod(number), port: TARGET_PORT, isLocal: number < LOCAL_ENDPOINTS };
    }),
  };
}

/** The Service with one endpoint more, on another node. */
export function withNewEndpoint(service: RuleService, number: number): RuleService {
  const added: RuleEndpoint = { address: newPod(number), port: TARGET_PORT, isLocal: false };
  return { ...service, endpoints: [...service.endpoints, added] };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The first letters of the SHA-256 sum of a text in base 32 (RFC 4648): kube-proxy makes the names of its chains of it.
 */
export function shortHash(text: string, letters: number): string {
  const sum = createHash('sha256').update(text).digest();
  const bits = [...sum].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from(
    { length: letters },
    (_, index) => ALPHABET[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)],
  ).join('');
}
