import { counted } from '../model/counted.js';
import type { KernelFacts, KernelFrontend } from '../model/kernel-facts.js';
import type { DesiredServer, FrontendFacts } from '../model/service-facts.js';
import {
  type Client,
  cause,
  type Evidence,
  type Finding,
  type Focus,
  focusOf,
  named,
  remark,
} from './evidence.js';

/** What the kernel of this node explains: of ours, and of what else is on the node. */
export function nodeFindings(evidence: Evidence): Finding[] {
  const { kernel, question } = evidence;
  if (kernel === undefined) return [];
  const focus = focusOf(evidence);
  return [
    ...focus.flatMap((entry) => frontendFindings(entry, kernel)),
    ...sysctlFindings(kernel),
    ...deviceFindings(kernel, focus),
    ...ruleFindings(kernel, focus, question.client),
    ...bridgeFindings(kernel, evidence),
    ...conntrackFindings(kernel),
  ];
}

function frontendFindings({ key, wanted, seen }: Focus, { hasTable }: KernelFacts): Finding[] {
  if (seen === undefined || wanted?.state === 'conflict') return [];
  if (seen.isForeign) return wanted?.state === 'foreign' ? [] : [foreign(seen)];
  const draining = drainFinding(seen);
  if (draining !== undefined) return [draining];
  if (wanted === undefined ? seen.owner === undefined : wanted.desired === undefined) return [];
  const findings = [...bindFindings(seen, wanted), ...gateFindings(seen, wanted, hasTable)];
  const text = { place: 'Node', about: key } as const;
  if (seen.presence === 'absent')
    findings.push(cause('KIP304', { ...text, sentence: `IPVS has no virtual server at ${key}` }));
  else if (seen.presence === 'present' && wanted?.desired !== undefined)
    findings.push(...differences(seen, wanted.desired));
  return findings;
}

function foreign({ key }: KernelFrontend): Finding {
  const sentence = `a virtual server that this program did not make has ${key}`;
  return cause('KIP301', { place: 'Node', about: key, sentence });
}

function drainFinding({ key, presence, servers, isOpen }: KernelFrontend): Finding | undefined {
  if (presence !== 'present' || isOpen || servers.length === 0) return undefined;
  if (servers.some(({ weight }) => weight > 0)) return undefined;
  const connections = servers.reduce((sum, { active, inactive }) => sum + active + inactive, 0);
  const left = `${counted(connections, 'connection')} left`;
  const sentence = `${key} has draining servers only, ${left}, and refuses new connections`;
  return cause('KIP208', { place: 'Node', about: key, sentence });
}

// Without an agent the gate tells: what is guarded has to be bound, and so has to be what is left bound of it.
function bindFindings(seen: KernelFrontend, wanted: FrontendFacts | undefined): Finding[] {
  const shouldBe = wanted?.isBound ?? seen.isGuarded;
  if (!shouldBe || seen.isBound) return [];
  const sentence = `${seen.address} is not bound, so that its packets do not reach IPVS`;
  return [cause('KIP302', { place: 'Node', about: seen.address, sentence })];
}

function gateFindings(seen: KernelFrontend, wanted: FrontendFacts | undefined, hasTable: boolean): Finding[] {
  const text = { place: 'Node', about: seen.key } as const;
  if (!hasTable)
    return [cause('KIP303', { ...text, sentence: 'the table inet kube-ipvs-proxy is not there' })];
  if (wanted === undefined) return [];
  const lacking = [
    ...(wanted.isBound && !seen.isGuarded ? ['guarded'] : []),
    ...(seen.isOpen ? [] : ['open']),
    ...(seen.owner === undefined ? ['owned'] : []),
    ...wanted.traffic.filter((set) => !seen.traffic.includes(set)),
  ];
  if (lacking.length === 0) return [];
  const sentence = `${seen.key} is missing in the sets ${named(lacking)} of our table`;
  return [cause('KIP303', { ...text, sentence })];
}

// Servers that drain have weight 0 and are wanted no more; weights that grow are not yet what they should be.
function differences(seen: KernelFrontend, desired: DesiredServer): Finding[] {
  const wanted = new Map(desired.servers.map(({ key, weight }) => [key, weight]));
  const inKernel = new Map(seen.servers.map(({ key, weight }) => [key, weight]));
  const missing = [...wanted.keys()].filter((key) => !inKernel.has(key));
  const idle = [...wanted]
    .filter(([key, weight]) => weight > 0 && inKernel.get(key) === 0)
    .map(([key]) => key);
  const extra = [...inKernel].filter(([key, weight]) => weight > 0 && !wanted.has(key)).map(([key]) => key);
  const differing = [
    ...(missing.length > 0 ? [`it lacks ${named(missing)}`] : []),
    ...(idle.length > 0 ? [`${named(idle)} has weight 0`] : []),
    ...(extra.length > 0 ? [`it has ${named(extra)} besides`] : []),
    ...(seen.scheduler === desired.scheduler ? [] : [`its scheduler is ${seen.scheduler}`]),
    ...(seen.persistenceTimeout === desired.persistenceTimeout
      ? []
      : [`its affinity lasts ${seen.persistenceTimeout} s`]),
  ];
  if (differing.length === 0) return [];
  const sentence = `the virtual server ${seen.key} is not as decided: ${differing.join(', ')}`;
  return [cause('KIP305', { place: 'Node', about: seen.key, sentence })];
}

function sysctlFindings({ sysctls }: KernelFacts): Finding[] {
  return sysctls
    .filter(({ value, expected }) => value !== undefined && value !== expected)
    .map(({ name, value, expected, without }) =>
      cause('KIP307', {
        place: 'Node',
        about: name,
        sentence: `${name} is ${value}, not ${expected}, so ${without}`,
        remedy: `sysctl -w ${name}=${expected}, and find out who sets it back.`,
      }),
    );
}

function deviceFindings({ otherDevices }: KernelFacts, focus: readonly Focus[]): Finding[] {
  const bound = new Set(
    focus
      .filter(({ wanted }) => wanted?.state !== 'node-local')
      .flatMap(({ wanted, seen }) => (wanted?.isBound || seen?.isBound ? [seen?.address] : [])),
  );
  return otherDevices
    .filter(({ address }) => bound.has(address))
    .map(({ address, device }) =>
      remark('KIP308', {
        place: 'Node',
        about: address,
        sentence: `${address} is an address of ${device} too`,
      }),
    );
}

function ruleFindings({ rules }: KernelFacts, focus: readonly Focus[], client: Client): Finding[] {
  const keys = new Set(focus.map(({ key }) => key));
  const isOnWay = (hook: string) => (client.kind === 'node') === (hook === 'output');
  return rules
    .filter(({ frontend, hook }) => keys.has(frontend) && isOnWay(hook))
    .map(({ frontend, family, table, chain, handle, effect, isCertain }) => {
      const rule = handle === undefined ? 'the policy of' : `rule ${handle} of`;
      const what = `${rule} chain ${chain} in table ${family} ${table}`;
      const sentence = `${what} ${isCertain ? '' : 'may '}${isCertain ? effect : bare(effect)} packets to ${frontend}`;
      const code = effect === 'rewrites' ? 'KIP402' : 'KIP401';
      return (isCertain ? cause : remark)(code, {
        place: 'Node',
        about: `${family} ${table} ${chain}`,
        sentence,
      });
    });
}

function bare(effect: 'drops' | 'rejects' | 'rewrites'): string {
  return effect.slice(0, -1).replace('dropp', 'drop');
}

// A server that answers nobody is another matter.
function bridgeFindings({ bridges }: KernelFacts, { tried }: Evidence): Finding[] {
  const endpoints = tried?.filter(({ target }) => target === 'endpoint') ?? [];
  if (endpoints.length > 0 && !endpoints.some(({ result }) => result === 'answered')) return [];
  return bridges
    .filter(({ answered, unanswered }) => unanswered > 0 && answered === 0)
    .map(({ name, cause: why, unanswered }) =>
      cause('KIP403', {
        place: 'Node',
        about: name,
        sentence: `${why}, and no answer to ${counted(unanswered, 'connection')} between pods behind ${name} passes the node`,
      }),
    );
}

const NEARLY = 0.9;

function conntrackFindings({ conntrack }: KernelFacts): Finding[] {
  if (conntrack === undefined || conntrack.most === 0) return [];
  const { entries, most } = conntrack;
  if (entries < most * NEARLY) return [];
  const isFull = entries >= most;
  const sentence = `connection tracking has ${entries} of ${most} entries`;
  return [(isFull ? cause : remark)('KIP404', { place: 'Node', about: 'nf_conntrack_max', sentence })];
}
