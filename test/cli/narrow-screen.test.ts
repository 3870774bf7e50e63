import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkText } from '../../src/cli/check/check.js';
import { runConnections } from '../../src/cli/connections.js';
import { nodeRow, nodesText } from '../../src/cli/fleet/all-nodes.js';
import { PLAIN } from '../../src/cli/paragraph.js';
import { runDiff, runEvents } from '../../src/cli/records.js';
import { runSelftest } from '../../src/cli/selftest.js';
import { runBackends, runServices } from '../../src/cli/services.js';
import { statusText } from '../../src/cli/status.js';
import { runTop } from '../../src/cli/top.js';
import { whyText } from '../../src/cli/why/why.js';
import { checkNode } from '../../src/diagnosis/check-node.js';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import { pathLines } from '../../src/diagnosis/path-lines.js';
import { sliceKey } from '../../src/model/endpoint-slice.js';
import { frontend } from '../../src/model/frontend.js';
import { DONE } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
import { ChangeLog } from '../../src/status/listing/change-log.js';
import { differences } from '../../src/status/listing/differences.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { answer, endpoint, evidence, kernel, question, seen, service, wanted } from '../diagnosis/facts.js';
import { nodeEvidence, sysctl, UNINSTALLED } from '../diagnosis/node-facts.js';
import { address } from '../support/addresses.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { ListedCluster } from '../support/listed-cluster.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

/** Names as long as the API allows, and addresses of which nothing can be left out. */
const NAMESPACE = `namespace-${'n'.repeat(53)}`;
const NAME = `service-${'s'.repeat(55)}`;
const LONG = serviceKey(NAMESPACE, NAME);
const PORT = 'a-port-of-15-ch';
const VIP = address('2001:db8:1234:5678:9abc:def0:1234:5678');
const POD = address('fd00:1234:5678:9abc:def0:1234:5678:9abc');
const OTHER_POD = address('fd00:1234:5678:9abc:def0:1234:5678:9abd');
const LONG_FRONT = frontend(VIP, 65_535, 'SCTP');
const NODE = `${'node.'.repeat(40)}example.com`;

const PORTS = [{ name: PORT, protocol: 'SCTP', port: 65_535, nodePort: 0 }] as const;

function longCluster(): ListedCluster {
  const long = { ...aService(NAME, [VIP]), key: LONG, ports: PORTS };
  const slice = {
    ...aSlice(NAME, [POD], {
      ports: PORTS,
      endpoints: [anEndpoint(POD), anEndpoint(OTHER_POD, { ready: false, serving: false, node: NODE })],
    }),
    key: sliceKey(NAMESPACE, `${NAME}-abcde`),
    service: LONG,
  };
  const short = Array.from({ length: 5 }, (_, index) =>
    aService(`web-${index}`, [address(`10.96.0.${index + 1}`)]),
  );
  const slices = short.map((_, index) => aSlice(`web-${index}`, [address(`10.244.0.${index + 1}`)]));
  const cluster = new ListedCluster([...short, long], [...slices, slice]);
  // Somebody else has changed the weight, which is said in the longest row.
  const server = realServer(POD, 65_535, 9);
  cluster.kernel.acknowledge({ kind: 'set-real-server', frontend: LONG_FRONT, server });
  cluster.connect(LONG_FRONT, server.key, 123_456, 1_234_567);
  const most = { connections: 1e15, inPackets: 1e15, outPackets: 1e15, inBytes: 1e15, outBytes: 1e15 };
  cluster.traffic.set(LONG_FRONT.key, most);
  return cluster;
}

const cluster = longCluster();
const changes = new ChangeLog(
  () => 0,
  () => LONG,
);
const agent = new AnsweringAgent({
  '/services': (query) => listing(listingQuery(query), cluster.parts),
  '/service': async () => ({ nearest: [LONG] }),
  '/diff': async function* () {
    yield* differences({ desired: cluster.desired, kernel: cluster.kernel, draining: new Set() });
  },
  '/events': () => changes.since(0, false),
});

beforeAll(async () => {
  changes.changed([LONG], new Map([[LONG, [`EndpointSlice ${NAMESPACE}/${NAME}-abcde`]]]));
  const server = realServer(POD, 65_535, 100);
  changes.performed([{ kind: 'add-real-server', frontend: LONG_FRONT, server }], [DONE]);
  await agent.listen();
});
afterAll(() => agent.close());
afterEach(() => void vi.unstubAllEnvs());

const kernelRows = (query: Parameters<typeof listing>[0]) => listing(query, cluster.parts);

async function* connections() {
  const end = { address: POD, port: 65_535 };
  const vip = { address: VIP, port: 65_535 };
  const state = 'SHUTDOWN_ACK_SENT';
  yield [{ protocol: 'SCTP', client: end, vip, server: end, state, expiresSeconds: 10_800 } as const];
}

const PROBLEM = {
  kind: 'object',
  subject: `Service ${LONG}`,
  field: 'spec.externalIPs[17]',
  message: `${VIP} is an address of Node ${NODE}, and is left to it.`,
  remedy: 'Take an address that no Node has.',
} as const;

const AT = { ...LONG_FRONT, frontend: LONG_FRONT.key, service: `${LONG}:${PORT}` };

const status = () =>
  statusText({
    version: 1,
    agent: {
      version: '0.2.0',
      complete: true,
      synced: true,
      services: 6,
      totals: { passes: 1, operations: 9, refused: 0, drift: 0 },
      lastPassSeconds: 0.01,
      lagSeconds: 0.042,
      drains: 1,
      watch: undefined,
      node: NODE,
      nodeVersion: 'v20.19.0',
      kernel: 'Linux 6.12.0-a-name-of-a-distribution-kernel-amd64; IPVS 1.2.1 for IPv4 and IPv6',
      auditRoundSeconds: 30,
      problems: [PROBLEM],
    },
    counts: { virtualServers: 6, realServers: 6, draining: 0, foreign: 0 },
    virtualServers: [],
    unmet: [{ ...AT, state: 'conflict', reason: `the frontend belongs to ${LONG}` }],
    withoutEndpoints: [{ ...AT, offered: `"${PORT}"/SCTP` }],
  });

const why = () => {
  const front = { ...wanted(), ...LONG_FRONT };
  const found = service({
    service: LONG,
    frontends: [front],
    endpoints: [endpoint(POD, { node: NODE, ready: false })],
    problems: [PROBLEM],
  });
  const facts = evidence({
    question: question({ service: LONG }),
    answer: answer(found),
    kernel: kernel({ frontends: [seen({ ...LONG_FRONT, owner: `${LONG}:${PORT}` })] }),
  });
  const diagnosis = diagnose(facts);
  return whyText(diagnosis, pathLines(facts, diagnosis), PLAIN);
};

const allNodes = () => {
  const text = `${LONG}: its one endpoint is not ready: ${POD} (KIP102).\n! ${PROBLEM.subject}: ${PROBLEM.message}\n`;
  const ended = { kind: 'ended', code: 1, output: { text, errors: '', lines: 2 } } as const;
  return nodesText('why', [
    nodeRow('why', { node: NODE, pod: 'agent', outcome: ended }),
    nodeRow('why', { node: 'node-2', pod: 'agent', outcome: ended }),
  ]);
};

async function selftest(): Promise<string> {
  const written = new Written();
  const trial = {
    remove: async () => [],
    holderOf: async () => `Service ${LONG}, as its VIP`,
    bind: async () => undefined,
    serve: async () => undefined,
    connections: async () => 1,
    close: () => undefined,
  };
  await runSelftest({ address: VIP }, { open: () => trial, write: written.parts.write });
  return written.out;
}

type Run = (parts: Written['parts'] & { kernelRows: typeof kernelRows }) => Promise<unknown>;

const options = { adminSocket: '', output: 'table' } as const;

const COMMANDS: Readonly<Record<string, Run>> = {
  services: (parts) => runServices([], given(), parts),
  'services --stats': (parts) => runServices([], { ...given(), stats: true, exact: true }, parts),
  'services -o wide': (parts) => runServices([], { ...given(), output: 'wide' }, parts),
  backends: (parts) => runBackends(`[${VIP}]:65535`, given(), parts),
  diff: (parts) => runDiff(given(), parts),
  events: (parts) => runEvents(given(), parts),
  connections: (parts) => runConnections(undefined, given(), { ...parts, connections }),
  'connections -o wide': (parts) =>
    runConnections(undefined, { ...given(), output: 'wide' }, { ...parts, connections }),
  top: (parts) => runTop({ ...given(), interval: 1, rows: 9, once: true }, parts),
  status: async ({ write }) => write(status()),
  why: async ({ write }) => write(why()),
  check: async ({ write }) => write(checkText(checkNode(SICK), PLAIN)),
  selftest: async ({ write }) => write(await selftest()),
  'why --all-nodes': async ({ write }) => write(allNodes()),
};

const SICK = nodeEvidence(
  { sysctls: [sysctl('net.bridge.bridge-nf-call-ip6tables', '0')], links: [] },
  UNINSTALLED,
);

const given = () => ({ ...options, adminSocket: agent.socket });

async function shown(run: Run): Promise<string> {
  const written = new Written();
  await run({ ...written.parts, kernelRows });
  return written.out;
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');

describe.each(Object.entries(COMMANDS))('with the longest names and addresses, %s', (_, run) => {
  let folded = '';

  beforeEach(async () => {
    vi.stubEnv('COLUMNS', '80');
    folded = await shown(run);
  });

  it('fits into a screen of 80 columns, but for a name that is longer by itself', () => {
    const tooWide = folded.split('\n').filter(({ length }) => length > 80);
    // Three marks may stand before it: those of a place, of a depth and of a finding.
    expect(
      tooWide.filter(
        (line) => wordsOf(line).length > 1 && Math.max(...wordsOf(line).map(({ length }) => length)) < 70,
      ),
    ).toEqual([]);
    expect(folded).not.toBe('');
  });

  it('cuts nothing off', async () => {
    vi.stubEnv('COLUMNS', '');
    expect(wordsOf(folded)).toEqual(wordsOf(await shown(run)));
  });
});

it('what all of them print there is this', async () => {
  vi.stubEnv('COLUMNS', '80');
  let text = '';
  for (const [name, run] of Object.entries(COMMANDS))
    text += `$ kube-ipvs-proxy ${name}\n${await shown(run)}\n`;
  await expect(text).toMatchFileSnapshot('golden/narrow-screen.txt');
});

it('services leaves the rows of other Services as they are where one has a long name', async () => {
  vi.stubEnv('COLUMNS', '80');
  const lines = (await shown(COMMANDS.services as Run)).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'SERVICE             TYPE       VIP:PORT          SCHED  SERVERS  STATE',
    'default/web-0:http  ClusterIP  10.96.0.1:80/TCP  rr     1/1      programmed',
    'default/web-1:http  ClusterIP  10.96.0.2:80/TCP  rr     1/1      programmed',
  ]);
});
