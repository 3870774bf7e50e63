import { protocolOf, type RuleEndpoint, type RuleService, shortHash } from './rule-service.js';

/**
 * What kube-proxy's iptables mode hands to `iptables-restore --noflush` (k/k pkg/proxy/iptables): all of it at the
 * start, and since 1.27 for a change the rules of every VIP and the chains of the Services that changed. Of type
 * ClusterIP only. The shapes are those of the reference; test/bench/iptables-rules.test.ts has them literally.
 */
const POD_RANGE = '10.0.0.0/8';

/** kube-proxy leaves comments of single endpoints out where a cluster has more of these. */
const MANY_ENDPOINTS = 1000;

const NAT_CHAINS = ['KUBE-NODEPORTS', 'KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'];
const FILTER_CHAINS = [
  'KUBE-NODEPORTS',
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FORWARD',
  'KUBE-PROXY-FIREWALL',
];

/**
 * The jumps that kube-proxy makes with a command each before its first rules. Here they come at once, and are not
 * timed.
 */
export function jumps(): string {
  const fresh = '-m conntrack --ctstate NEW';
  return table('filter', FILTER_CHAINS, [
    `-A INPUT ${fresh} -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL`,
    `-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS`,
    `-A INPUT ${fresh} -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES`,
    `-A FORWARD ${fresh} -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL`,
    `-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD`,
    `-A FORWARD ${fresh} -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`,
    `-A FORWARD ${fresh} -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES`,
    `-A OUTPUT ${fresh} -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL`,
    `-A OUTPUT ${fresh} -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`,
  ]).concat(
    table(
      'nat',
      ['KUBE-SERVICES', 'KUBE-POSTROUTING'],
      [
        '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      ],
    ),
  );
}

/** Everything, as at the start. */
export function wholeRestore(services: readonly RuleService[]): string {
  return restore(services, services);
}

/**
 * After a change: the rules of all VIPs and the chains of the Services that changed. A deleted Service is in neither.
 */
export function changedRestore(services: readonly RuleService[], changed: readonly RuleService[]): string {
  return restore(services, changed);
}

/** The same rules by one command each: what comparisons with iptables often show, and kube-proxy never did. */
export function commandByRule(services: readonly RuleService[]): string {
  const lines = wholeRestore(services).split('\n');
  const commands: string[] = [];
  let name = '';
  for (const line of lines) {
    if (line.startsWith('*')) name = line.slice(1);
    else if (line.startsWith(':'))
      commands.push(`iptables-legacy -t ${name} -N ${line.slice(1).split(' ')[0]} 2>/dev/null`);
    else if (line.startsWith('-A')) commands.push(`iptables-legacy -t ${name} ${line}`);
  }
  return `${commands.join('\n')}\n`;
}

function restore(services: readonly RuleService[], written: readonly RuleService[]): string {
  const endpoints = services.reduce((sum, service) => sum + service.endpoints.length, 0);
  const isLarge = endpoints > MANY_ENDPOINTS;
  const chains = written.flatMap((service) => [
    serviceChain(service),
    ...service.endpoints.map((endpoint) => endpointChain(service, endpoint)),
  ]);
  const rules = [
    ...services.map(vipRule),
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" ' +
      '-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
    ...written.flatMap((service) => [...serviceRules(service, isLarge), ...endpointRules(service, isLarge)]),
  ];
  return filterTable() + table('nat', [...NAT_CHAINS, ...chains], rules);
}

function filterTable(): string {
  return table('filter', FILTER_CHAINS, [
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ]);
}

function table(name: string, chains: readonly string[], rules: readonly string[]): string {
  return `${[`*${name}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT'].join('\n')}\n`;
}

function vipRule(service: RuleService): string {
  return `-A KUBE-SERVICES ${toVip(service)} -j ${serviceChain(service)}`;
}

function toVip(service: RuleService): string {
  const protocol = protocolOf(service);
  return (
    `-m comment --comment "${nameOf(service)} cluster IP" -m ${protocol} -p ${protocol} ` +
    `-d ${service.address} --dport ${service.port}`
  );
}

function serviceRules(service: RuleService, isLarge: boolean): string[] {
  const { endpoints, affinity } = service;
  const chain = serviceChain(service);
  const toEndpoint = (endpoint: RuleEndpoint) =>
    comment(isLarge, `"${nameOf(service)} -> ${endpoint.address}:${endpoint.port}"`);
  const kept =
    affinity === undefined
      ? []
      : endpoints.map((endpoint) => {
          const name = endpointChain(service, endpoint);
          return `-A ${chain} ${toEndpoint(endpoint)}-m recent --name ${name} --rcheck --seconds ${affinity} --reap -j ${name}`;
        });
  const chosen = endpoints.map((endpoint, place) => {
    const left = endpoints.length - place;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
    return `-A ${chain} ${toEndpoint(endpoint)}${chance}-j ${endpointChain(service, endpoint)}`;
  });
  return [`-A ${chain} ${toVip(service)} ! -s ${POD_RANGE} -j KUBE-MARK-MASQ`, ...kept, ...chosen];
}

function endpointRules(service: RuleService, isLarge: boolean): string[] {
  const name = comment(isLarge, nameOf(service));
  const protocol = protocolOf(service);
  return service.endpoints.flatMap((endpoint) => {
    const chain = endpointChain(service, endpoint);
    const remember = service.affinity === undefined ? '' : `-m recent --name ${chain} --set `;
    return [
      `-A ${chain} ${name}-s ${endpoint.address} -j KUBE-MARK-MASQ`,
      `-A ${chain} ${name}${remember}-m ${protocol} -p ${protocol} -j DNAT --to-destination ${endpoint.address}:${endpoint.port}`,
    ];
  });
}

function comment(isLarge: boolean, text: string): string {
  return isLarge ? '' : `-m comment --comment ${text} `;
}

function nameOf({ namespace, name, portName }: RuleService): string {
  return `${namespace}/${name}${portName === '' ? '' : `:${portName}`}`;
}

function serviceChain(service: RuleService): string {
  return `KUBE-SVC-${shortHash(`${nameOf(service)}${protocolOf(service)}`, 16)}`;
}

function endpointChain(service: RuleService, { address, port }: RuleEndpoint): string {
  return `KUBE-SEP-${shortHash(`${nameOf(service)}${protocolOf(service)}${address}:${port}`, 16)}`;
}
