import { counted } from '../model/counted.js';
import { hostPort } from '../model/frontend.js';
import type { KernelFacts, KernelFrontend, KernelServer, TriedConnection } from '../model/kernel-facts.js';
import { leftOutReason } from '../model/left-out.js';
import type { EndpointFacts, FrontendFacts, KnownService, ServiceFacts } from '../model/service-facts.js';
import type { DrainState } from '../model/sync-state.js';
import { isUsed } from './api-findings.js';
import type { Code } from './codes.js';
import type { Diagnosis } from './diagnose.js';
import {
  type Client,
  type Evidence,
  type Finding,
  type Focus,
  focusOf,
  named,
  type Place,
} from './evidence.js';

/** One line of the way of a connection; deeper ones belong to the one above. */
export interface PathLine {
  readonly place: Place;
  readonly depth: number;
  readonly text: string;
  /** Of a finding. */
  readonly code?: Code;
  readonly weight?: Finding['weight'];
}

/** More of one kind are counted, not listed. */
const MOST_LISTED = 10;

/** The way of a connection as lines: what the API says, what this node has, what was tried, what was seen. */
export function pathLines(evidence: Evidence, diagnosis: Diagnosis): readonly PathLine[] {
  const lines = [
    ...apiLines(evidence),
    ...nodeLines(evidence),
    ...triedLines(evidence),
    ...seenLines(evidence),
  ];
  const findings = [...diagnosis.causes, ...diagnosis.remarks];
  return (['API', 'Node', 'Tried', 'Seen'] as const).flatMap((place) => [
    ...lines.filter((line) => line.place === place),
    ...listed(
      findings.filter((finding) => finding.place === place),
      (finding) => findingLine(finding),
      (more) => line(place, 0, `${more} more findings of this kind`),
    ),
  ]);
}

function line(place: Place, depth: number, text: string): PathLine {
  return { place, depth, text };
}

function findingLine({ place, sentence, code, weight }: Finding): PathLine {
  return { place, depth: 0, text: sentence, code, weight };
}

function listed<T>(
  all: readonly T[],
  make: (one: T) => PathLine | readonly PathLine[],
  rest: (more: number) => PathLine,
): PathLine[] {
  const lines = all.slice(0, MOST_LISTED).flatMap((one) => make(one));
  return all.length > MOST_LISTED ? [...lines, rest(all.length - MOST_LISTED)] : lines;
}

function apiLines(evidence: Evidence): PathLine[] {
  const facts = evidence.answer?.found;
  if (facts === undefined) return [];
  const { known, live, endpoints, slices } = facts;
  const lines = known === undefined ? [] : serviceLines(known, live);
  const used = usedServers(evidence);
  const size = `${counted(endpoints.length, 'endpoint')} in ${counted(slices, 'EndpointSlice')}`;
  return [
    ...lines,
    line('API', 0, size),
    ...listed(
      endpoints,
      (endpoint) => line('API', 1, endpointText(endpoint, used, facts)),
      (more) => line('API', 1, `${more} more endpoints`),
    ),
  ];
}

function usedServers(evidence: Evidence): ReadonlySet<string> {
  return new Set(
    focusOf(evidence).flatMap(({ wanted }) => wanted?.desired?.servers.map(({ key }) => key) ?? []),
  );
}

function serviceLines(known: KnownService, live: ServiceFacts['live']): PathLine[] {
  const ports = known.ports.map(({ port, protocol, name, nodePort }) => {
    const target = live?.targetPorts[name];
    return `${port}/${protocol}${target === undefined ? '' : ` to ${target}`}${nodePort === 0 ? '' : ` (nodePort ${nodePort})`}`;
  });
  const affinity = known.affinityTimeout === 0 ? '' : `, affinity ${known.affinityTimeout} s`;
  const policies = `internalTrafficPolicy ${known.internalPolicy}, externalTrafficPolicy ${known.externalPolicy}`;
  const selector = live?.selector === undefined ? [] : [line('API', 0, `selector ${live.selector}`)];
  return [
    line('API', 0, `${live?.type ?? 'Service'} ${named(known.clusterIPs)}, ports ${named(ports)}${affinity}`),
    line('API', 0, policies),
    ...selector,
  ];
}

function endpointText(endpoint: EndpointFacts, used: ReadonlySet<string>, { known }: ServiceFacts): string {
  const { address, ports, node, zone } = endpoint;
  const numbers = ports.map(({ port }) => hostPort(address, port));
  const where = [node, zone].filter((text) => text !== undefined).join(', ');
  const name = `${numbers.length === 0 ? address : named(numbers)}${where === '' ? '' : ` on ${where}`}`;
  return isUsed(endpoint, used) ? name : `${name}: left out, ${whyLeftOut(endpoint, known)}`;
}

function whyLeftOut(endpoint: EndpointFacts, known: KnownService | undefined): string {
  const offers = known?.ports.some(({ name, protocol }) =>
    endpoint.ports.some((port) => port.name === name && port.protocol === protocol),
  );
  if (offers === false) return 'its slice has no port of the Service';
  const isLocalOnly = known?.internalPolicy === 'Local' || known?.externalPolicy === 'Local';
  // Which node this is, is not known here; another reason is the better founded one.
  const reason = leftOutReason(endpoint, false) ?? (isLocalOnly ? leftOutReason(endpoint, true) : undefined);
  return reason ?? 'by nothing that is asked about';
}

function nodeLines(evidence: Evidence): PathLine[] {
  const { kernel, kernelFailure, question } = evidence;
  if (kernel === undefined)
    return [line('Node', 0, `the kernel could not be read: ${kernelFailure ?? 'unknown'}`)];
  const drains = evidence.answer?.found?.drains ?? [];
  return [
    ...listed(
      focusOf(evidence),
      (focus) => frontendLines(focus, question.client, drains),
      (more) => line('Node', 0, `${more} more frontends`),
    ),
    ...kernel.unread.map((sentence) => line('Node', 0, sentence)),
  ];
}

function frontendLines(
  { key, wanted, seen }: Focus,
  client: Client,
  drains: readonly DrainState[],
): PathLine[] {
  const state = wanted === undefined ? '' : ` ${stateText(wanted)}`;
  const lines = [line('Node', 0, `${key}${state}`)];
  if (seen === undefined) return lines;
  lines.push(line('Node', 1, placeText(seen)));
  if (wanted?.state === 'node-local') return lines;
  lines.push(line('Node', 1, sourceText(seen, client)));
  if (seen.presence !== 'present')
    return [...lines, line('Node', 1, `no virtual server${unknownText(seen)}`)];
  lines.push(line('Node', 1, serverText(seen)));
  return [
    ...lines,
    ...listed(
      seen.servers,
      (server) => line('Node', 2, realServerText(server, drainOf(drains, seen, server))),
      (more) => line('Node', 2, `${more} more servers`),
    ),
  ];
}

function stateText({ state, reason }: FrontendFacts): string {
  return reason === undefined ? state : `${state}: ${reason.replace(/\.$/, '')}`;
}

function unknownText({ presence }: KernelFrontend): string {
  return presence === 'unknown' ? ' that could be read' : '';
}

function placeText({ address, isBound, isGuarded, isOpen, traffic }: KernelFrontend): string {
  const bound = `${address} is ${isBound ? 'bound' : 'not bound'}`;
  const gate = [
    isGuarded ? 'guarded' : 'not guarded',
    isOpen ? 'open' : 'not open',
    ...traffic.filter(isGate),
  ];
  return `${bound}, ${gate.join(', ')}`;
}

function isGate(set: string): boolean {
  return set === 'node-local' || set === 'refused' || set === 'dropped' || set === 'restricted';
}

/** As whom the server sees the client, and why; the rules are those of docs/packet-flow.md. */
function sourceText({ traffic, sources }: KernelFrontend, client: Client): string {
  const ranges = sources.length === 0 ? '' : `; clients from ${named(sources)} only`;
  if (traffic.includes('masqueraded')) return `masqueraded, as every client of such an address${ranges}`;
  if (client.kind === 'node')
    return `masqueraded, since the node\u2019s own client has the VIP as its address${ranges}`;
  if (traffic.includes('source-kept')) return `not masqueraded, by externalTrafficPolicy Local${ranges}`;
  return `not masqueraded for clients inside, unless the server is the client itself${ranges}`;
}

function serverText({ scheduler, persistenceTimeout, servers, isForeign }: KernelFrontend): string {
  const affinity = persistenceTimeout === 0 ? 'no affinity' : `affinity ${persistenceTimeout} s`;
  const whose = isForeign ? 'another program\u2019s virtual server' : 'virtual server';
  return `${whose} ${scheduler}, ${affinity}, ${counted(servers.length, 'server')}`;
}

function realServerText(
  { key, weight, active, inactive }: KernelServer,
  drain: DrainState | undefined,
): string {
  const left = drain === undefined ? '' : `, drains for ${Math.ceil(drain.left / 1000)} s more`;
  return `${key} weight ${weight}, ${active} active, ${inactive} inactive${left}`;
}

function drainOf(
  drains: readonly DrainState[],
  { key }: KernelFrontend,
  server: KernelServer,
): DrainState | undefined {
  return drains.find((drain) => drain.frontend === key && drain.server === server.key);
}

// Each is a line: what was tried is what somebody asked to see.
function triedLines({ tried }: Evidence): PathLine[] {
  return (tried ?? []).map((one) => line('Tried', 0, triedText(one)));
}

const RESULTS: Readonly<Record<Exclude<TriedConnection['result'], 'answered'>, string>> = {
  refused: 'refused after',
  silent: 'no answer in',
  unreachable: 'unreachable after',
};

function triedText({ address, port, target, result, milliseconds }: TriedConnection): string {
  const time = `${Math.round(milliseconds)} ms`;
  const how = result === 'answered' ? `answered in ${time}` : `${RESULTS[result]} ${time}`;
  return `${target} ${hostPort(address, port)}: ${how}`;
}

function seenLines({ kernel }: Evidence): PathLine[] {
  return kernel === undefined ? [] : [...trafficLines(kernel), ...clientLines(kernel)];
}

// Packets that come and none that go back tell of servers that do not answer, or answer another way.
function trafficLines({ traffic }: KernelFacts): PathLine[] {
  if (traffic === undefined) return [];
  const moment = `within ${(traffic.milliseconds / 1000).toFixed(1)} s`;
  return listed(
    traffic.frontends,
    ({ frontend, total, more }) => {
      const now =
        more.inPackets + more.outPackets === 0
          ? `no packet ${moment}`
          : `${moment} ${more.connections} new, ${more.inPackets} packets from clients, ${more.outPackets} back`;
      return line('Seen', 0, `${frontend}: ${counted(total.connections, 'connection')} so far, ${now}`);
    },
    (more) => line('Seen', 0, `${more} more`),
  );
}

function clientLines({ client }: KernelFacts): PathLine[] {
  if (client === undefined) return [];
  const { address, affinity, connections } = client;
  if (affinity.length + connections.length === 0)
    return [line('Seen', 0, `IPVS has no connection of ${address} and no affinity for it`)];
  return [
    ...affinity.map(({ frontend, server, secondsLeft }) =>
      line('Seen', 0, `${address} stays at ${server} for ${secondsLeft} s more (${frontend})`),
    ),
    ...listed(
      connections,
      ({ frontend, server, state, count: number }) =>
        line(
          'Seen',
          0,
          `${counted(number, 'connection')} ${state} from ${address} by ${frontend} to ${server}`,
        ),
      (more) => line('Seen', 0, `${more} more`),
    ),
  ];
}
