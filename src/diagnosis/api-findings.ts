import { familyOf } from '../model/address.js';
import { cidrContains, parsedCidrs } from '../model/cidr.js';
import { hostPort } from '../model/frontend.js';
import type { EndpointFacts, FrontendFacts, ServiceFacts } from '../model/service-facts.js';
import {
  type Client,
  cause,
  type Evidence,
  type Finding,
  focusOf,
  isAsked,
  named,
  type Question,
  remark,
} from './evidence.js';

/** What the API and the decisions for this node explain. */
export function apiFindings(evidence: Evidence): Finding[] {
  const facts = evidence.answer?.found;
  if (facts === undefined) return [];
  const left = leftAlone(facts);
  if (left !== undefined) return [left];
  const frontends = focusOf(evidence).flatMap(({ wanted }) => wanted ?? []);
  return [
    ...portFindings(facts, evidence.question),
    ...familyFindings(facts, evidence.question),
    ...frontends.flatMap((frontend) => frontendFindings(frontend, facts, evidence.question)),
    ...heldFindings(facts, evidence.question),
    ...endpointRemarks(facts, frontends),
    ...problemFindings(facts, evidence.question),
  ];
}

function leftAlone({ known, live, service }: ServiceFacts): Finding | undefined {
  if (known !== undefined || live?.leftAlone === undefined) return undefined;
  const { because, isOtherProxys } = live.leftAlone;
  return cause(isOtherProxys ? 'KIP107' : 'KIP108', {
    place: 'API',
    about: service,
    sentence: `this proxy leaves ${service} alone, because ${because}`,
  });
}

const ANYONE = { kind: 'anyone' } as const;

function portFindings({ known, frontends }: ServiceFacts, { port, vip }: Question): Finding[] {
  if (known === undefined || port === undefined) return [];
  if (frontends.some((frontend) => isAsked(frontend, { port, vip, service: undefined, client: ANYONE })))
    return [];
  const numbers = known.ports.flatMap(({ port: own, nodePort }) =>
    nodePort === 0 ? [`${own}`] : [`${own}`, `${nodePort} (nodePort)`],
  );
  return [
    cause('KIP109', {
      place: 'API',
      about: `${port}`,
      sentence: `it has no port ${port}; it has ${named(numbers)}`,
    }),
  ];
}

function familyFindings({ frontends }: ServiceFacts, { client, vip }: Question): Finding[] {
  if (client.kind !== 'address' || frontends.length === 0) return [];
  const family = familyOf(client.address);
  const isReachable =
    vip === undefined
      ? frontends.some(({ address }) => familyOf(address) === family)
      : familyOf(vip) === family;
  if (isReachable) return [];
  const sentence = `${client.address} is of family ${family}, and ${vip ?? 'the Service'} has no such address`;
  return [cause('KIP106', { place: 'API', about: client.address, sentence })];
}

function frontendFindings(frontend: FrontendFacts, facts: ServiceFacts, question: Question): Finding[] {
  return [
    ...claimFindings(frontend),
    ...(frontend.state === 'conflict' ? [] : endpointFindings(frontend, facts, question)),
    ...sourceFindings(frontend, question.client),
  ];
}

// What another has is explained by that alone.
function claimFindings({ key, state, reason, holder }: FrontendFacts): Finding[] {
  const about = { place: 'Node', about: key } as const;
  switch (state) {
    case 'conflict':
      return [
        cause('KIP204', {
          ...about,
          place: 'API',
          sentence: `${key} belongs to Service ${holder ?? 'another'}`,
        }),
      ];
    case 'foreign':
      return [
        cause('KIP301', { ...about, sentence: `a virtual server that this program did not make has ${key}` }),
      ];
    case 'refused':
      return [cause('KIP306', { ...about, sentence: `the kernel refuses ${key}: ${reason ?? 'unknown'}` })];
    case 'pending':
      return [cause('KIP605', { ...about, sentence: `${key} has changed and is not programmed yet` })];
    default:
      return [];
  }
}

function endpointFindings(frontend: FrontendFacts, facts: ServiceFacts, { client }: Question): Finding[] {
  if (frontend.desired !== undefined) return [];
  if (frontend.state === 'node-local') return [nodeLocalFinding(frontend)];
  if (frontend.traffic.includes('dropped')) return [localFinding(frontend, client)];
  return [withoutEndpoint(frontend, facts)];
}

function nodeLocalFinding({ key }: FrontendFacts): Finding {
  const sentence = `a process of this node listens on ${key} and has its traffic, by annotation`;
  return remark('KIP207', { place: 'Node', about: key, sentence });
}

// A load balancer finds the nodes that have an endpoint by asking: that this one has none is no fault.
function localFinding({ key, kind }: FrontendFacts, client: Client): Finding {
  const policy = kind === 'cluster' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
  const isAbout = kind === 'cluster' || client.kind === 'outside';
  return (isAbout ? cause : remark)('KIP201', {
    place: 'API',
    about: key,
    sentence: `${policy} is Local and no endpoint is on this node, so that ${key} drops new connections`,
  });
}

function withoutEndpoint(frontend: FrontendFacts, { endpoints, live }: ServiceFacts): Finding {
  const text = { place: 'API', about: frontend.key } as const;
  const family = familyOf(frontend.address);
  const name =
    frontend.portName === '' ? `${frontend.protocol}` : `"${frontend.portName}"/${frontend.protocol}`;
  if (frontend.offered !== undefined) {
    const sentence = `no EndpointSlice offers the port ${name}; they offer ${frontend.offered}`;
    return cause('KIP105', { ...text, sentence });
  }
  if (endpoints.length === 0) return withoutAny(live, text);
  const own = endpoints.filter((endpoint) => endpoint.family === family);
  if (own.length === 0)
    return cause('KIP106', {
      ...text,
      sentence: `its endpoints have no ${family} address, and ${frontend.key} has`,
    });
  const number =
    own.length === 1 ? 'its one endpoint is not ready' : `none of its ${own.length} endpoints is ready`;
  return cause('KIP102', { ...text, sentence: `${number}: ${named(own.map(({ address }) => address))}` });
}

function withoutAny(
  live: ServiceFacts['live'],
  text: { readonly place: 'API'; readonly about: string },
): Finding {
  if (live?.selector === undefined)
    return cause('KIP101', { ...text, sentence: 'no EndpointSlice has an endpoint of it' });
  return cause('KIP103', {
    ...text,
    sentence: `its selector ${live.selector} matches no pod with an address`,
  });
}

function sourceFindings({ key, sources }: FrontendFacts, client: Client): Finding[] {
  if (sources === undefined || client.kind !== 'address') return [];
  if (parsedCidrs(sources).some((range) => cidrContains(range, client.address))) return [];
  const allowed = sources.length === 0 ? 'nobody' : named(sources);
  return [
    cause('KIP203', {
      place: 'API',
      about: key,
      sentence: `${key} is for ${allowed} only, and ${client.address} is not among them`,
    }),
  ];
}

function heldFindings({ heldElsewhere }: ServiceFacts, { vip }: Question): Finding[] {
  return heldElsewhere
    .filter(({ address }) => vip === undefined || vip === address)
    .map((held) => {
      const isNodes = 'node' in held;
      const whose = isNodes ? `an address of node ${held.node}` : `the ClusterIP of Service ${held.service}`;
      const sentence = `${held.address} is ${whose}, so that it is not served here`;
      return cause(isNodes ? 'KIP205' : 'KIP204', { place: 'API', about: held.address, sentence });
    });
}

/** Endpoints that get nothing while others do. */
function endpointRemarks({ endpoints }: ServiceFacts, frontends: readonly FrontendFacts[]): Finding[] {
  const used = new Set(frontends.flatMap(({ desired }) => desired?.servers.map(({ key }) => key) ?? []));
  if (used.size === 0) return [];
  return endpoints
    .filter((endpoint) => !isUsed(endpoint, used))
    .flatMap((endpoint) => whyUnused(endpoint, frontends));
}

export function isUsed({ address, ports }: EndpointFacts, used: ReadonlySet<string>): boolean {
  return ports.some(({ port }) => used.has(hostPort(address, port)));
}

function whyUnused(endpoint: EndpointFacts, frontends: readonly FrontendFacts[]): Finding[] {
  const { address, ready, terminating, family } = endpoint;
  const about = { place: 'API', about: address } as const;
  if (!frontends.some((frontend) => familyOf(frontend.address) === family)) return [];
  if (terminating) return [];
  if (!ready) return [remark('KIP102', { ...about, sentence: `endpoint ${address} is not ready` })];
  const hints = [...endpoint.nodeHints, ...endpoint.zoneHints];
  if (hints.length === 0) return [];
  return [
    remark('KIP202', { ...about, sentence: `endpoint ${address} is for ${named(hints)}, by its hints` }),
  ];
}

// Those of addresses on other nodes and of lost frontends have codes of their own.
function problemFindings({ problems, frontends, heldElsewhere }: ServiceFacts, { vip }: Question): Finding[] {
  const hasConflicts = frontends.some(({ state }) => state === 'conflict');
  const isServed =
    vip === undefined ? frontends.length > 0 : frontends.some(({ address }) => address === vip);
  return problems
    .filter(({ kind }) => kind !== 'source' && !(kind === 'conflict' && hasConflicts))
    .filter(({ message }) => !heldElsewhere.some(({ address }) => message.includes(address)))
    .filter(
      ({ kind }) =>
        kind !== 'kernel' || !frontends.some(({ state }) => state === 'refused' || state === 'foreign'),
    )
    .map(({ field, message, remedy, subject }) =>
      (isServed ? remark : cause)('KIP206', {
        place: 'API',
        about: field ?? subject,
        sentence: `${field ?? subject}: ${message.replace(/\.$/, '')}`,
        remedy,
      }),
    );
}
