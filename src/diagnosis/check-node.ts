import { counted } from '../model/counted.js';
import type { RuleFact, SysctlFact } from '../model/kernel-facts.js';
import type { ApiServerFact, ModuleFact, NodeCondition } from '../model/node-condition.js';
import {
  type CheckLine,
  fine,
  isBefore,
  NOT_READ,
  type NodeEvidence,
  problem,
  remark,
  type Said,
  unknown,
} from './check-line.js';
import { named } from './evidence.js';

export interface NodeReport {
  readonly verdict: 'passes' | 'fails';
  readonly sentence: string;
  readonly checks: readonly CheckLine[];
}

/** Judges whether a node has what Services need, in the order in which one thing needs another. */
export function checkNode(evidence: NodeEvidence): NodeReport {
  const checks = CHECKS.map(([name, keys, judge]) => {
    const key = keys.find((part) => evidence.node.unread[part] !== undefined);
    const said = key === undefined ? judge(evidence) : unknown(NOT_READ(evidence.node.unread[key] ?? ''));
    return { name, ...said };
  });
  const failed = checks.filter(({ verdict }) => verdict === 'problem');
  return { verdict: failed.length === 0 ? 'passes' : 'fails', sentence: verdictOf(checks, failed), checks };
}

function verdictOf(checks: readonly CheckLine[], failed: readonly CheckLine[]): string {
  if (failed.length > 0) {
    const causes = failed.map(({ name, code = '' }) => `${name} (${code})`);
    return `This node is not fit for Services: ${causes.join(', ')}.`;
  }
  const count = (asked: CheckLine['verdict']) => checks.filter(({ verdict }) => verdict === asked).length;
  const parts = [
    `${count('fine')} of ${checks.length} checks are fine`,
    ...(count('remark') > 0 ? [`${count('remark')} worth a look`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} not known`] : []),
  ];
  return `This node is fit for Services: ${parts.join(', ')}.`;
}

type Judge = (evidence: NodeEvidence) => Said;

/** Each with the parts of the condition that it takes. */
const CHECKS: readonly (readonly [name: string, keys: readonly string[], judge: Judge])[] = [
  ['agent', [], checkAgent],
  ['modules', [], ({ node }) => checkModules(node.modules)],
  ['schedulers', [], ({ node }) => checkSchedulers(node.schedulers)],
  ['capabilities', ['hasNetAdmin'], ({ node }) => checkCapabilities(node)],
  ['sysctls', ['sysctls'], checkSysctls],
  ['IPVS table', ['connectionTable'], ({ node }) => checkConnectionTable(node)],
  ['other rules', ['rules'], ({ node }) => checkRules(node)],
  ['legacy iptables', ['legacyTables'], ({ node }) => checkLegacyTables(node)],
  ['conntrack', ['conntrack'], ({ node }) => checkConntrack(node)],
  ['bridges', ['bridges'], ({ node }) => checkBridges(node)],
  ['MTU', ['links'], ({ node }) => checkLinks(node)],
  ['API server', [], checkApiServer],
  ['clock', [], checkClock],
];

function checkModules(modules: readonly ModuleFact[]): Said {
  const inState = (state: ModuleFact['state']) =>
    modules.filter((module) => module.state === state).map(({ name }) => name);
  const [missing, hidden, loadable] = [inState('missing'), inState('unknown'), inState('loadable')];
  if (missing.length > 0) return problem('KIP701', `this kernel has no module ${named(missing)}`);
  if (hidden.length > 0)
    return unknown(`${named(hidden)} ${are(hidden)} not loaded, and /lib/modules cannot be seen from here`);
  const later = loadable.length === 0 ? '' : `, ${loadable.length} of them to be loaded when needed`;
  return fine(`all ${modules.length} that are needed are there${later}`);
}

function checkSchedulers(schedulers: readonly ModuleFact[]): Said {
  const there = schedulers.filter(({ state }) => state !== 'missing' && state !== 'unknown');
  const isThere = (name: string) => there.some((scheduler) => scheduler.name === name);
  if (schedulers.some(({ name, state }) => name === 'rr' && state === 'missing'))
    return problem('KIP702', 'this kernel has no scheduler rr');
  if (!isThere('rr')) return unknown('ip_vs_rr is not loaded, and /lib/modules cannot be seen from here');
  const names = there.map(({ name }) => name).join(' ');
  const isComplete = schedulers.every(({ state }) => state !== 'unknown');
  return fine(isComplete ? names : `${names}; whether more can be loaded cannot be seen from here`);
}

function checkCapabilities({ hasNetAdmin }: NodeCondition): Said {
  if (hasNetAdmin === undefined) return unknown(NOT_READ('/proc/self/status has no CapEff'));
  return hasNetAdmin ? fine('CAP_NET_ADMIN') : problem('KIP703', 'this process has no CAP_NET_ADMIN');
}

function checkSysctls({ node, agent }: NodeEvidence): Said {
  const { families } = node.rules;
  const wanted = node.sysctls.filter(
    ({ name }) => !name.startsWith('net.ipv6.') || families.includes('IPv6'),
  );
  const wrong = wanted.filter(({ value, expected }) => value !== undefined && value !== expected);
  const absent = wanted.filter(({ value }) => value === undefined).map(({ name }) => name);
  if (wrong.length > 0) return wrongSysctls(wrong, isBefore({ node, agent }));
  if (absent.length > 0 && node.connectionTable !== undefined)
    return unknown(`there is no ${named(absent)} to be read`);
  if (absent.length > 0) return fine('as they should be; those of IPVS come with its module');
  return fine(`all ${wanted.length} are as they should be`);
}

function wrongSysctls(wrong: readonly SysctlFact[], isToBeSet: boolean): Said {
  const [first] = wrong;
  const more = wrong.length > 1 ? `; also ${named(wrong.slice(1).map(({ name }) => name))}` : '';
  const text = `${first?.name} is ${first?.value} instead of ${first?.expected}, so ${first?.without}${more}`;
  if (!isToBeSet) return problem('KIP307', text);
  return { ...remark('KIP307', text), hint: 'The agent sets it when it starts, in its init container.' };
}

/**
 * Connections for each bucket, from which on looking one up costs more than everything else that is done to a packet.
 */
const MOST_PER_BUCKET = 8;

function checkConnectionTable({ connectionTable: table }: NodeCondition): Said {
  if (table === undefined) return fine('IPVS is not loaded, and has no connections');
  const { size, grows, connections } = table;
  const has = `${connections} connections in ${size} buckets`;
  if (grows) return fine(`${connections} connections; the table grows with them`);
  return connections > size * MOST_PER_BUCKET ? remark('KIP704', has) : fine(has);
}

/** For certain, and perhaps. */
const EFFECTS: Readonly<Record<RuleFact['effect'], readonly [does: string, mayDo: string]>> = {
  drops: ['drops', 'may drop'],
  rejects: ['rejects', 'may reject'],
  rewrites: ['rewrites the destination of', 'may rewrite the destination of'],
};

function checkRules({ rules: { tables = [], frontends, found } }: NodeCondition): Said {
  const worst = found.find(({ isCertain }) => isCertain) ?? found[0];
  if (worst !== undefined) {
    const place = `${worst.family} ${worst.table} ${worst.chain}`;
    const rule = worst.handle === undefined ? `the policy of ${place}` : `rule ${worst.handle} in ${place}`;
    const more = found.length > 1 ? `; ${found.length - 1} more like it` : '';
    const does = EFFECTS[worst.effect][worst.isCertain ? 0 : 1];
    const text = `${rule} ${does} packets to ${worst.frontend} before IPVS has them${more}`;
    const code = worst.effect === 'rewrites' ? 'KIP402' : 'KIP401';
    return worst.isCertain ? problem(code, text) : remark(code, text);
  }
  if (tables.length === 0) return fine('no other program has a table in nftables');
  const harm =
    frontends > 0 ? `none stands in the way of ${frontends} frontends` : 'no frontend to hold them to';
  return fine(`tables ${named(tables)}; ${harm}`);
}

function checkLegacyTables({ legacyTables }: NodeCondition): Said {
  return legacyTables.length === 0
    ? fine('no tables')
    : remark('KIP705', `tables ${named(legacyTables)}, whose rules nftables does not show`);
}

const NEAR = 0.9;

function checkConntrack({ conntrack }: NodeCondition): Said {
  if (conntrack === undefined) return fine('nothing is tracked yet');
  const { entries, most } = conntrack;
  const has = most === 0 ? `${entries} entries, without a limit` : `${entries} of ${most} entries`;
  if (most > 0 && entries >= most) return problem('KIP404', has);
  return most > 0 && entries >= most * NEAR ? remark('KIP706', has) : fine(has);
}

function checkBridges({ bridges }: NodeCondition): Said {
  const [first] = bridges;
  if (first === undefined) return fine('none past which packets go unseen');
  const names = named(bridges.map(({ name }) => name));
  return remark(
    'KIP403',
    `${names}: ${first.cause}; pods behind it may not get answers of one another's Services`,
  );
}

function checkLinks({ links }: NodeCondition): Said {
  const tunnels = links.filter(({ kind }) => kind === 'tunnel');
  for (const { name, mtu, overhead, below } of tunnels)
    if (below !== undefined && mtu + overhead > below.mtu)
      return remark(
        'KIP707',
        `${name} has ${mtu} and adds ${overhead}, ${below.name} below it has ${below.mtu}`,
      );
  const lowest = tunnels.toSorted((a, b) => a.mtu - b.mtu)[0];
  const bridge = links.find(
    ({ kind, mtu }) => kind === 'pod bridge' && lowest !== undefined && mtu > lowest.mtu,
  );
  if (bridge !== undefined && lowest !== undefined)
    return remark('KIP707', `${bridge.name} has ${bridge.mtu}, the tunnel ${lowest.name} has ${lowest.mtu}`);
  return fine(
    links.length === 0 ? 'no uplink or tunnel' : named(links.map(({ name, mtu }) => `${name} ${mtu}`)),
  );
}

function are({ length }: readonly string[]): string {
  return length === 1 ? 'is' : 'are';
}

/** What is beside the kernel: the agent, the API server and its clock. */

function checkAgent(evidence: NodeEvidence): Said {
  const { agent } = evidence;
  if (agent.kind === 'unusable') return problem('KIP601', agent.message);
  if (agent.kind === 'silent') {
    if (isBefore(evidence)) return notInstalled();
    return problem('KIP601', 'no agent runs, and nothing follows the changes of Services');
  }
  const name = `kube-ipvs-proxy ${agent.version}`;
  if (!agent.complete) return problem('KIP602', `${name} still waits for all Services and EndpointSlices`);
  const problems = agent.problems === 0 ? '' : `, with ${counted(agent.problems, 'problem')}: see status`;
  return fine(`${name} answers${problems}`);
}

function notInstalled(): Said {
  const said = remark('KIP601', 'none runs, and nothing of one is in the kernel');
  return { ...said, hint: 'Where there is to be one: docs/deploying.md.' };
}

const NOBODY_ASKED = 'Name the kubeconfig of the agent with --kubeconfig, or start the agent.';

function checkApiServer({ apiServer }: NodeEvidence): Said {
  if (apiServer === undefined) return { ...unknown('no agent can be asked for it'), hint: NOBODY_ASKED };
  if (typeof apiServer === 'string') return unknown(NOT_READ(apiServer));
  const { status, milliseconds, failure } = apiServer;
  if (failure !== undefined) return problem('KIP603', `it does not answer: ${failure}`);
  if (status === 401 || status >= 500) return problem('KIP603', `it answers ${status}`);
  return fine(`it answers in ${Math.round(milliseconds)} ms`);
}

/** Seconds. Tokens and certificates are not that exact; times in logs and metrics are. */
const WORTH_A_LOOK = 5;
const HARMFUL = 60;

function checkClock({ apiServer }: NodeEvidence): Said {
  const ahead = clockOf(apiServer);
  if (ahead === undefined)
    return { ...unknown('there is no answer of the API server to compare it with'), hint: NOBODY_ASKED };
  const { seconds, surely } = ahead;
  const text = `${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead of' : 'behind'} the API server's`;
  if (surely >= HARMFUL) return problem('KIP708', text);
  return surely >= WORTH_A_LOOK ? remark('KIP708', text) : fine("the same as the API server's, within 5 s");
}

function clockOf(apiServer: ApiServerFact | string | undefined) {
  if (apiServer === undefined || typeof apiServer === 'string') return undefined;
  const { clockAhead: seconds, uncertainty } = apiServer;
  return seconds === undefined ? undefined : { seconds, surely: Math.abs(seconds) - uncertainty };
}
