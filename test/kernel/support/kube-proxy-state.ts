import type { Namespace } from '../../../lab/namespace.js';
import { type Address, FAMILIES, type Family, familyOf } from '../../../src/model/address.js';

/** A ClusterIP as kube-proxy programs it: one TCP port, pods of equal weight. */
export interface KubeProxyService {
  readonly vip: Address;
  readonly port: number;
  readonly pods: readonly Address[];
  readonly podPort: number;
}

export type IptablesVariant = 'nft' | 'legacy';

/**
 * Lays down what kube-proxy's IPVS mode leaves on a node (reference, parts A8–A10): device, virtual servers, sets,
 * chains. Its programs write it, not ours, so that the layout is theirs. `clusterCIDR`: clients outside are
 * masqueraded.
 */
export async function layDownKubeProxy(
  node: Namespace,
  services: readonly KubeProxyService[],
  clusterCIDR: Readonly<Record<Family, string>>,
  variant: IptablesVariant = 'nft',
): Promise<void> {
  await node.ip(['link add kube-ipvs0 type dummy', 'link set kube-ipvs0 down']);
  await node.ip(
    services.map(({ vip }) => `addr add ${vip}/${familyOf(vip) === 'IPv4' ? 32 : 128} dev kube-ipvs0`),
  );
  await node.run(['ipvsadm', '-R'], services.flatMap(ipvsLines).join('\n'));
  for (const family of FAMILIES) {
    const own = services.filter(({ vip }) => familyOf(vip) === family);
    await node.run(['ipset', 'restore'], setLines(family, own).join('\n').concat('\n'));
    await node.run(restoreCommand(family, variant), rules(family, clusterCIDR[family]));
  }
}

function ipvsLines({ vip, port, pods, podPort }: KubeProxyService): string[] {
  const front = place(vip, port);
  return [`-A -t ${front} -s rr`, ...pods.map((pod) => `-a -t ${front} -r ${place(pod, podPort)} -m -w 1`)];
}

function place(address: Address, port: number): string {
  return familyOf(address) === 'IPv4' ? `${address}:${port}` : `[${address}]:${port}`;
}

function prefix(family: Family): string {
  return family === 'IPv4' ? 'KUBE-' : 'KUBE-6-';
}

function setLines(family: Family, services: readonly KubeProxyService[]): string[] {
  const inet = family === 'IPv4' ? 'inet' : 'inet6';
  const create = (name: string, type: string) => `create ${prefix(family)}${name} ${type}`;
  const hash = (name: string, type: string) => create(name, `${type} family ${inet}`);
  return [
    hash('LOOP-BACK', 'hash:ip,port,ip'),
    hash('CLUSTER-IP', 'hash:ip,port'),
    hash('EXTERNAL-IP', 'hash:ip,port'),
    hash('LOAD-BALANCER', 'hash:ip,port'),
    create('NODE-PORT-TCP', 'bitmap:port range 0-65535'),
    create('HEALTH-CHECK-NODE-PORT', 'bitmap:port range 0-65535'),
    hash('IPVS-IPS', 'hash:ip'),
    ...services.flatMap(({ vip, port, pods, podPort }) => [
      `add ${prefix(family)}CLUSTER-IP ${vip},tcp:${port}`,
      `add -exist ${prefix(family)}IPVS-IPS ${vip}`,
      ...pods.map((pod) => `add -exist ${prefix(family)}LOOP-BACK ${pod},tcp:${podPort},${pod}`),
    ]),
  ];
}

function restoreCommand(family: Family, variant: IptablesVariant): string[] {
  return [`${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}-restore`, '--noflush'];
}

function rules(family: Family, clusterCIDR: string): string {
  const set = (name: string, directions: string) =>
    `-m set --match-set ${prefix(family)}${name} ${directions}`;
  const loopback = family === 'IPv4' ? '127.0.0.0/8' : '::1/128';
  const comment = '-m comment --comment "kubernetes, as kube-proxy writes it"';
  return `*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
-I OUTPUT ${comment} -j KUBE-SERVICES
-I PREROUTING ${comment} -j KUBE-SERVICES
-I POSTROUTING ${comment} -j KUBE-POSTROUTING
-A KUBE-SERVICES -s ${loopback} -j RETURN
-A KUBE-SERVICES ! -s ${clusterCIDR} ${comment} ${set('CLUSTER-IP', 'dst,dst')} -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES ${set('CLUSTER-IP', 'dst,dst')} -j ACCEPT
-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
-A KUBE-NODE-PORT -p tcp ${comment} ${set('NODE-PORT-TCP', 'dst')} -j KUBE-MARK-MASQ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING ${comment} ${set('LOOP-BACK', 'dst,dst,src')} -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING ${comment} -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-FORWARD - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SOURCE-RANGES-FIREWALL - [0:0]
:KUBE-IPVS-FILTER - [0:0]
:KUBE-IPVS-OUT-FILTER - [0:0]
:KUBE-FIREWALL - [0:0]
-I FORWARD ${comment} -j KUBE-FORWARD
-I FORWARD ${comment} -j KUBE-PROXY-FIREWALL
-I INPUT ${comment} -j KUBE-NODE-PORT
-I INPUT ${comment} -j KUBE-PROXY-FIREWALL
-I INPUT ${comment} -j KUBE-IPVS-FILTER
-I INPUT -j KUBE-FIREWALL
-I OUTPUT ${comment} -j KUBE-IPVS-OUT-FILTER
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-NODE-PORT ${set('HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT
-A KUBE-SOURCE-RANGES-FIREWALL -j DROP
-A KUBE-IPVS-FILTER ${set('CLUSTER-IP', 'dst,dst')} -j RETURN
-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${set('IPVS-IPS', 'dst')} -j REJECT
COMMIT
`;
}
