import { protocolOf, type RuleEndpoint, type RuleService, shortHash } from './rule-service.js';

/**
 * What kube-proxy's nftables mode hands to `nft -f -` (k/k pkg/proxy/nftables), in the form of 1.36 and that of 1.37,
 * in which a Service with a single endpoint has no map of its own. Of type ClusterIP only. With session affinity each
 * endpoint has a chain, which notes the client in a set of its own.
 */
export type NftablesForm = '1.36' | '1.37';

const TABLE = 'ip kube-proxy';
const POD_RANGE = '10.0.0.0/8';
const SERVICE_RANGE = '10.96.0.0/12';
const PLACE = 'ipv4_addr . inet_proto . inet_service';

/** Everything, as at the start: one transaction. */
export function wholeTransaction(services: readonly RuleService[], form: NftablesForm): string {
  return text([
    ...frame(),
    ...services.flatMap((service) => [...chainOf(service, form), ...elementsOf(service)]),
  ]);
}

/** Endpoints of a Service changed: its chain is written anew. */
export function endpointsChanged(service: RuleService, form: NftablesForm): string {
  return text(chainOf(service, form));
}

export function serviceAdded(service: RuleService, form: NftablesForm): string {
  return text([...chainOf(service, form), ...elementsOf(service)]);
}

/** The empty chain is deleted later: kernels before 6.2 do not do both at once. */
export function serviceDeleted(service: RuleService): string {
  return text([
    `delete element ${TABLE} cluster-ips { ${service.address} }`,
    `delete element ${TABLE} service-ips { ${placeOf(service)} }`,
    `flush chain ${TABLE} ${chainName(service)}`,
  ]);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function frame(): string[] {
  const sets = [
    `set ${TABLE} hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service ; }`,
    `set ${TABLE} cluster-ips { type ipv4_addr ; }`,
    `set ${TABLE} nodeport-ips { type ipv4_addr ; }`,
    `map ${TABLE} no-endpoint-services { type ${PLACE} : verdict ; }`,
    `map ${TABLE} no-endpoint-nodeports { type inet_proto . inet_service : verdict ; }`,
    `map ${TABLE} firewall-ips { type ${PLACE} : verdict ; }`,
    `map ${TABLE} service-ips { type ${PLACE} : verdict ; }`,
    `map ${TABLE} service-nodeports { type inet_proto . inet_service : verdict ; }`,
  ];
  const chains = [
    ...BASE_CHAINS.map(([name, hook]) => `chain ${TABLE} ${name} { type ${hook} ; }`),
    ...RULES.map(([chain]) => chain)
      .filter(
        (chain, index, all) => all.indexOf(chain) === index && !BASE_CHAINS.some(([name]) => name === chain),
      )
      .map((chain) => `chain ${TABLE} ${chain}`),
  ];
  const names = [...new Set([...BASE_CHAINS.map(([name]) => name), ...RULES.map(([chain]) => chain)])];
  return [
    `add table ${TABLE}`,
    ...sets.map((set) => `add ${set}`),
    ...chains.map((chain) => `add ${chain}`),
    // A second start finds the first one's rules.
    ...names.map((name) => `flush chain ${TABLE} ${name}`),
    ...RULES.map(([chain, rule]) => `add rule ${TABLE} ${chain} ${rule}`),
  ];
}

const BASE_CHAINS: readonly (readonly [string, string])[] = [
  ['filter-prerouting-pre-dnat', 'filter hook prerouting priority -110'],
  ['filter-output-pre-dnat', 'filter hook output priority -110'],
  ['filter-input', 'filter hook input priority 0'],
  ['filter-forward', 'filter hook forward priority 0'],
  ['filter-output', 'filter hook output priority 0'],
  ['nat-prerouting', 'nat hook prerouting priority -100'],
  ['nat-output', 'nat hook output priority -100'],
  ['nat-postrouting', 'nat hook postrouting priority 100'],
];

const MAPPED = 'ip daddr . meta l4proto . th dport vmap';

const RULES: readonly (readonly [string, string])[] = [
  ['firewall-check', `${MAPPED} @firewall-ips`],
  ['cluster-ips-check', 'ip daddr @cluster-ips reject'],
  ['cluster-ips-check', `ip daddr { ${SERVICE_RANGE} } drop`],
  ['service-endpoints-check', `${MAPPED} @no-endpoint-services`],
  ['nodeport-endpoints-check', 'ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports'],
  ['services', `ip daddr @cluster-ips ip saddr != ${POD_RANGE} meta mark set mark or 0x4000`],
  ['services', `${MAPPED} @service-ips`],
  ['services', 'ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports'],
  ['masquerading', 'mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random'],
  [
    'masquerading',
    'ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random',
  ],
  ['filter-prerouting-pre-dnat', 'ct state new jump firewall-check'],
  ['filter-output-pre-dnat', 'ct state new jump firewall-check'],
  ['filter-input', 'ct state new jump nodeport-endpoints-check'],
  ['filter-input', 'ct state new jump service-endpoints-check'],
  ['filter-forward', 'ct state new jump service-endpoints-check'],
  ['filter-forward', 'ct state new jump cluster-ips-check'],
  ['filter-output', 'ct state new jump service-endpoints-check'],
  ['filter-output', 'ct state new jump cluster-ips-check'],
  ['nat-prerouting', 'jump services'],
  ['nat-output', 'jump services'],
  ['nat-postrouting', 'jump masquerading'],
];

function chainOf(service: RuleService, form: NftablesForm): string[] {
  const chain = `${TABLE} ${chainName(service)}`;
  const head = [`add chain ${chain}`, `flush chain ${chain}`];
  if (service.affinity === undefined) return [...head, `add rule ${chain} ${chooseEndpoint(service, form)}`];
  const rules = stickyRules(service).map((rule) => `add rule ${chain} ${rule}`);
  return [...service.endpoints.flatMap((endpoint) => stickyEndpoint(service, endpoint)), ...head, ...rules];
}

function stickyRules(service: RuleService): string[] {
  const { endpoints } = service;
  const names = endpoints.map((endpoint) => endpointName(service, endpoint));
  const choices = names.map((name, place) => `${place} : goto endpoint-${name}`);
  return [
    ...names.map((name) => `ip saddr @affinity-${name} goto endpoint-${name}`),
    `numgen random mod ${endpoints.length} vmap { ${choices.join(' , ')} }`,
  ];
}

function stickyEndpoint(service: RuleService, endpoint: RuleEndpoint): string[] {
  const name = endpointName(service, endpoint);
  const chain = `${TABLE} endpoint-${name}`;
  const { address, port } = endpoint;
  return [
    `add set ${TABLE} affinity-${name} { type ipv4_addr ; flags dynamic,timeout ; timeout ${service.affinity}s ; }`,
    `add chain ${chain}`,
    `flush chain ${chain}`,
    `add rule ${chain} update @affinity-${name} { ip saddr }`,
    `add rule ${chain} meta l4proto ${protocolOf(service)} dnat to ${address}:${port}`,
  ];
}

function endpointName(service: RuleService, { address, port }: RuleEndpoint): string {
  const base = `${nameOf(service)}__${address}/${port}`;
  return `${shortHash(base, 8)}-${base}`;
}

function chooseEndpoint(service: RuleService, form: NftablesForm): string {
  const { endpoints } = service;
  const [only] = endpoints;
  const protocol = `meta l4proto ${protocolOf(service)}`;
  if (form === '1.37' && endpoints.length === 1 && only !== undefined)
    return `${protocol} dnat to ${only.address}:${only.port}`;
  const choices = endpoints.map(({ address, port }, place) => `${place} : ${address} . ${port}`);
  return `${protocol} dnat ip addr . port to numgen random mod ${endpoints.length} map { ${choices.join(' , ')} }`;
}

function elementsOf(service: RuleService): string[] {
  return [
    `add element ${TABLE} cluster-ips { ${service.address} }`,
    `add element ${TABLE} service-ips { ${placeOf(service)} : goto ${chainName(service)} }`,
    ...service.endpoints.filter(({ isLocal }) => isLocal).map((endpoint) => hairpin(service, endpoint)),
  ];
}

function hairpin(service: RuleService, { address, port }: RuleEndpoint): string {
  const protocol = protocolOf(service);
  return `add element ${TABLE} hairpin-connections { ${address} . ${address} . ${protocol} . ${port} }`;
}

function placeOf(service: RuleService): string {
  return `${service.address} . ${protocolOf(service)} . ${service.port}`;
}

function chainName(service: RuleService): string {
  const base = nameOf(service);
  return `service-${shortHash(base, 8)}-${base}`;
}

function nameOf(service: RuleService): string {
  return `${service.namespace}/${service.name}/${protocolOf(service)}/${service.portName}`;
}
