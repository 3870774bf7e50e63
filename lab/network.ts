import type { Family } from '../src/model/address.js';
import { FAMILIES } from '../src/model/address.js';
import {
  type Addresses,
  NODE_PODS,
  NODE_WIRE,
  OUTSIDE_WIRE,
  type PodSubnet,
  REMOTE_PODS,
} from './address-plan.js';
import type { LabNamespaces } from './lab-namespaces.js';
import { ipBatch, type Namespace } from './namespace.js';
import type { Peers } from './peers.js';

/** One machine with its bridge and the pods behind it. */
interface Machine {
  readonly namespace: Namespace;
  readonly pods: readonly Namespace[];
  readonly subnet: PodSubnet;
  /** `ip` commands for its other links and routes. */
  readonly lines: readonly string[];
}

/**
 * Joins the namespaces to a cluster: outside ── node ── remote, and behind a bridge of node and remote their pods.
 *
 * A pod has a single address and reaches even its neighbours by its machine, as with Calico: a reply that took the
 * short way over the bridge would never meet the machine that has to translate it back.
 */
export async function connectNamespaces(names: LabNamespaces, peers: Peers): Promise<void> {
  await ipBatch([...namespaceLines(names), ...linkLines(names)]);
  const machines = [nodeMachine(names), remoteMachine(names)];
  await Promise.all([...machines.map((machine) => prepareMachine(machine, peers)), setUpOutside(names)]);
}

function namespaceLines({ node, remote, outside, pods, remotePods }: LabNamespaces): string[] {
  return [node, remote, outside, ...pods, ...remotePods].map(({ name }) => `netns add ${name}`);
}

function linkLines({ node, remote, outside, pods, remotePods }: LabNamespaces): string[] {
  return [
    veth(node, 'eth0', remote),
    veth(node, 'outside0', outside),
    ...[node, remote].map(
      ({ name }) => `link add cni0 address 02:00:0a:f4:00:01 netns ${name} type bridge mcast_snooping 0`,
    ),
    ...pods.map((pod, index) => veth(node, `veth${index}`, pod)),
    ...remotePods.map((pod, index) => veth(remote, `veth${index}`, pod)),
  ];
}

function veth(here: Namespace, name: string, there: Namespace): string {
  return `link add ${name} netns ${here.name} type veth peer name eth0 netns ${there.name}`;
}

function nodeMachine({ node, pods }: LabNamespaces): Machine {
  const lines = [
    ...addressLines('eth0', NODE_WIRE.here),
    ...addressLines('outside0', OUTSIDE_WIRE.here),
    ...FAMILIES.map((family) => `route add ${REMOTE_PODS.cidrs[family]} via ${NODE_WIRE.there[family]}`),
  ];
  return { namespace: node, pods, subnet: NODE_PODS, lines };
}

function remoteMachine({ remote, remotePods }: LabNamespaces): Machine {
  const lines = [
    ...addressLines('eth0', NODE_WIRE.there),
    ...FAMILIES.map((family) => `route add default via ${NODE_WIRE.here[family]}`),
  ];
  return { namespace: remote, pods: remotePods, subnet: REMOTE_PODS, lines };
}

async function setUpOutside({ outside }: LabNamespaces): Promise<void> {
  await outside.ip([
    'link set lo up',
    ...addressLines('eth0', OUTSIDE_WIRE.there),
    ...FAMILIES.map((family) => `route add default via ${OUTSIDE_WIRE.here[family]}`),
  ]);
}

async function prepareMachine({ namespace, pods, subnet, lines }: Machine, peers: Peers): Promise<void> {
  await Promise.all([...machineSysctls(namespace, peers), ...pods.flatMap((pod) => podSysctls(pod, peers))]);
  const ports = pods.flatMap((_, index) => [`link set veth${index} master cni0`, `link set veth${index} up`]);
  await Promise.all([
    namespace.ip([
      'link set lo up',
      ...addressLines('cni0', subnet.bridge, { IPv4: 24, IPv6: 64 }),
      ...ports,
      ...lines,
    ]),
    ...pods.map((pod, index) => pod.ip(podLines(subnet.bridge, subnet.pod(index)))),
  ]);
}

function podLines(gateway: Addresses, own: Addresses): string[] {
  return [
    'link set lo up',
    ...addressLines('eth0', own, { IPv4: 32, IPv6: 128 }),
    ...FAMILIES.map((family) => `route add ${gateway[family]} dev eth0`),
    ...FAMILIES.map((family) => `route add default via ${gateway[family]} dev eth0`),
  ];
}

function addressLines(
  device: string,
  own: Addresses,
  lengths: Record<Family, number> = { IPv4: 24, IPv6: 64 },
) {
  return [
    `link set ${device} up`,
    `addr add ${own.IPv4}/${lengths.IPv4} dev ${device}`,
    `addr add ${own.IPv6}/${lengths.IPv6} dev ${device} nodad`,
  ];
}

// Neighbours ask with the link-local address of the bridge, which would be tentative for two seconds (accept_dad).
function machineSysctls(machine: Namespace, peers: Peers) {
  return [
    peers.write(machine, '/proc/sys/net/ipv4/ip_forward', '1'),
    peers.write(machine, '/proc/sys/net/ipv6/conf/all/forwarding', '1'),
    peers.write(machine, '/proc/sys/net/ipv4/conf/all/send_redirects', '0'),
    peers.write(machine, '/proc/sys/net/ipv4/conf/cni0/send_redirects', '0'),
    // By default a client hears of one refusal a second, which many requests in a row would take for silence.
    peers.write(machine, '/proc/sys/net/ipv4/icmp_ratelimit', '0'),
    peers.write(machine, '/proc/sys/net/ipv6/icmp/ratelimit', '0'),
    peers.write(machine, '/proc/sys/net/ipv6/conf/cni0/accept_dad', '0'),
    peers.write(machine, '/proc/sys/net/ipv6/conf/eth0/accept_dad', '0'),
  ];
}

// A pod that believed a redirect would answer its neighbour directly, past the machine that has to translate.
function podSysctls(pod: Namespace, peers: Peers) {
  return [
    peers.write(pod, '/proc/sys/net/ipv6/conf/eth0/accept_redirects', '0'),
    peers.write(pod, '/proc/sys/net/ipv6/conf/eth0/accept_dad', '0'),
  ];
}
