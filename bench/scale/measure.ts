import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { PROGRAM } from '../../lab/agent.js';
import { ApiServerProcess } from '../../lab/api-server/api-server-process.js';
import { largeService, largeServiceAddress, largeSlice } from '../../lab/api-server/cluster-content.js';
import { LoginFolder } from '../../lab/api-server/login-folder.js';
import { AgentNotRunning, AgentTooSlow, askAgent } from '../../src/cli/admin-client.js';
import { HANDLE_SETS } from '../../src/kernel/packet-table/packet-table.js';
import type { AgentStatus, StatusReport } from '../../src/model/status-report.js';
import { ContenderEnded, runContender } from '../watch/contender.js';
import { shippedNode, thisMachine } from '../watch/machine.js';
import { API_SERVER_VIP, create, fill, NODE_ADDRESS, NODE_NAME, Pods, setUpNode } from './cluster.js';
import { MeasurementEnded, now, ProbedAgent } from './probed-agent.js';
import type { QuietRun, RollingRun, ScaleResults, ScaleSettings, StartRun } from './results.js';

/**
 * The shipped program from an API server to the kernel, at the size of the largest clusters: `measure.js SETTINGS
 * OUTPUT`, with ScaleSettings as JSON. Runs inside the test kernel.
 */
const settings = JSON.parse(process.argv[2] ?? '{}') as ScaleSettings;
const output = process.argv[3] ?? '';
const { services, endpoints } = settings;

const TOKEN = 'bench';
const PODS_PER_MINUTE = 1000;
const SOCKET = '/tmp/bench-scale.sock';
const METRICS = 'http://127.0.0.1:10249/metrics';
/** Seconds for one thing to happen. A first start takes minutes where the kernel is an emulated one. */
const PATIENCE = 3600;

try {
  await main();
} catch (error) {
  const isKnown = error instanceof MeasurementEnded || error instanceof ContenderEnded;
  process.stderr.write(`bench: ${isKnown ? error.message : inspect(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  setUpNode();
  const server = await ApiServerProcess.start({ host: NODE_ADDRESS, port: 6443 });
  await server.tell({ kind: 'allow token', token: TOKEN });
  await fill(server, settings);
  const login = await LoginFolder.create({ server: server.url, authority: server.authority, token: TOKEN });
  try {
    await warmUp(server, login.kubeconfig);
    writeFileSync(output, `${JSON.stringify(await measure(server, login.kubeconfig), undefined, 1)}\n`);
  } finally {
    await server.close();
    await login.remove();
  }
}

async function measure(server: ApiServerProcess, kubeconfig: string): Promise<ScaleResults> {
  const pods = new Pods(settings);
  let agent = startAgent(server, kubeconfig);
  try {
    const start = await started(agent, services + 1);
    checkKernel();
    await checkApiServer();
    const changes = {
      endpoint: await changeEndpoints(server, agent, pods),
      service: await addServices(server, agent),
    };
    const rolling = await roll(server, agent, pods);
    const quiet = await waitQuietly(agent);
    const stop = await agent.stop();
    agent = startAgent(server, kubeconfig);
    const restart = { ...(await started(agent, 0)), stop };
    const kind = process.env.TEST_KERNEL ?? 'host';
    return { machine: thisMachine(), kind, settings, start, changes, rolling, quiet, restart };
  } finally {
    await agent.stop();
  }
}

// The server makes the text of each object once; the first start must not wait for it.
async function warmUp(server: ApiServerProcess, kubeconfig: string): Promise<void> {
  say(`${services.toLocaleString('en')} Services on the API server; the first listing warms it up`);
  const follower = join(import.meta.dirname, '../watch/agent.js');
  await runContender([process.execPath, '--expose-gc', follower, kubeconfig], {
    seconds: PATIENCE,
    serverEnded: server.ended,
  });
}

function startAgent(server: ApiServerProcess, kubeconfig: string): ProbedAgent {
  const flags = ['--kubeconfig', kubeconfig, '--node-name', NODE_NAME, '--admin-socket', SOCKET];
  const words = [...shippedNode(), PROGRAM, 'run', ...flags];
  const agent = new ProbedAgent(words, { BENCH_OPEN_SET: String(HANDLE_SETS.indexOf('open-4')) });
  void server.ended.then(() => agent.giveUp('the API server ended'));
  return agent;
}

async function started(agent: ProbedAgent, vips: number): Promise<StartRun> {
  await agent.until(`all ${vips} VIPs were opened`, () => agent.opened.size >= vips, PATIENCE);
  await agent.until('everything was programmed', async () => (await status())?.synced === true, PATIENCE);
  const synced = now() - agent.began;
  const spent = await agent.spent();
  say(
    `everything programmed after ${(synced / 1000).toFixed(1)} s, longest stall ${spent.stall.toFixed(0)} ms`,
  );
  return { ...spent, synced, records: agent.records, ...(vips > 0 && { vips: timesOf(agent) }) };
}

function timesOf({ opened, began }: ProbedAgent): NonNullable<StartRun['vips']> {
  const { [API_SERVER_VIP]: apiServer = Number.NaN, ...others } = Object.fromEntries(opened);
  const times = Object.values(others).sort((a, b) => a - b);
  const [first = Number.NaN] = times;
  return { apiServer: apiServer - began, first: first - began, last: (times.at(-1) ?? Number.NaN) - began };
}

async function status(): Promise<AgentStatus | undefined> {
  try {
    return ((await askAgent(SOCKET, '/status', { tables: 0 })) as StatusReport).agent;
  } catch (error) {
    if (error instanceof AgentNotRunning || error instanceof AgentTooSlow) return undefined;
    throw error;
  }
}

/** What the kernel itself has, beside what the agent says. */
function checkKernel(): void {
  const lines = readFileSync('/proc/net/ip_vs', 'utf8').split('\n');
  const virtual = lines.filter((line) => line.startsWith('TCP')).length;
  const real = lines.filter((line) => line.startsWith('  ->')).length - 1;
  const wished = [services + 1, services * endpoints + 1];
  if (virtual !== wished[0] || real !== wished[1])
    throw new MeasurementEnded(
      `the kernel has ${virtual} virtual and ${real} real servers, not ${wished.join(' and ')}`,
    );
}

async function checkApiServer(): Promise<void> {
  const socket = connect({ host: API_SERVER_VIP, port: 443, timeout: 10_000 });
  const answer = await new Promise<string>((resolve) => {
    socket.on('connect', () => resolve(''));
    socket.on('timeout', () => resolve('no answer'));
    socket.on('error', ({ message }) => resolve(message));
  });
  socket.destroy();
  if (answer !== '') throw new MeasurementEnded(`the API server does not answer at its VIP: ${answer}`);
}

async function changeEndpoints(server: ApiServerProcess, agent: ProbedAgent, pods: Pods): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < settings.changes; index++) {
    const service = Math.floor(((index + 0.5) * services) / settings.changes);
    const { slice, address } = pods.replace(service * endpoints);
    const changed = now();
    await server.tell({ kind: 'update', resource: 'endpointslices', object: slice });
    await agent.until(`${address} was a real server`, () => agent.served.has(address), PATIENCE);
    latencies.push((agent.served.get(address) ?? Number.NaN) - changed);
  }
  return latencies;
}

async function addServices(server: ApiServerProcess, agent: ProbedAgent): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = services; index < services + settings.changes; index++) {
    const address = largeServiceAddress(index);
    const changed = now();
    await create(server, 'services', largeService(index));
    await create(server, 'endpointslices', largeSlice(index, endpoints));
    await agent.until(`${address} was open`, () => agent.opened.has(address), PATIENCE);
    latencies.push((agent.opened.get(address) ?? Number.NaN) - changed);
  }
  return latencies;
}

async function roll(server: ApiServerProcess, agent: ProbedAgent, pods: Pods): Promise<RollingRun> {
  const all = services * endpoints;
  const replaced = new Map<string, number>();
  await agent.spent();
  const began = now();
  for (let index = 0; now() - began < settings.rolling * 1000; index++) {
    await sleep(Math.max(0, began + (index * 60_000) / PODS_PER_MINUTE - now()));
    agent.mustRun('all pods were replaced');
    // A prime number spreads them over all Services.
    const { slice, address } = pods.replace((index * 7919) % all);
    replaced.set(address, now());
    await server.tell({ kind: 'update', resource: 'endpointslices', object: slice });
  }
  const seconds = (now() - began) / 1000;
  const isServed = () => [...replaced.keys()].every((address) => agent.served.has(address));
  await agent.until('every new pod was a real server', isServed, PATIENCE);
  const latencies = [...replaced].map(([address, at]) => (agent.served.get(address) ?? Number.NaN) - at);
  say(`${replaced.size} pods replaced in ${seconds.toFixed(0)} s`);
  return { ...(await agent.spent()), pods: replaced.size, seconds, latencies };
}

async function waitQuietly(agent: ProbedAgent): Promise<QuietRun> {
  const drained = async () => (await status())?.drains === 0;
  await agent.until('everything was drained', drained, PATIENCE);
  const before = await auditTimes();
  await agent.spent();
  await agent.until('it was quiet for long enough', isPast(now() + settings.quiet * 1000), PATIENCE);
  const spent = await agent.spent();
  const after = await auditTimes();
  const slices = after.count - before.count;
  const slice = slices === 0 ? 0 : ((after.sum - before.sum) / slices) * 1000;
  return {
    ...spent,
    seconds: settings.quiet,
    round: (await status())?.auditRoundSeconds ?? 0,
    slices,
    slice,
  };
}

function isPast(time: number): () => boolean {
  return () => now() >= time;
}

async function auditTimes(): Promise<{ readonly sum: number; readonly count: number }> {
  const text = await (await fetch(METRICS)).text();
  const of = (name: string) =>
    Number(new RegExp(`^kube_ipvs_proxy_audit_duration_seconds_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { sum: of('sum'), count: of('count') };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
