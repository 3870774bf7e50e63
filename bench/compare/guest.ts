import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';
import { probeKernel } from '../kernel/probe-kernel.js';
import { connectMeanwhile, mixed } from './background.js';
import { behavioursOf } from './behaviour.js';
import type {
  Behaviours,
  CellResult,
  Change,
  ChangeKind,
  ConnectionPlace,
  ConnectionSamples,
  Start,
  UnfinishedResult,
} from './cell-results.js';
import { type Cell, endsOnceDone, isFloor, isKubeProxy, LEAST, onlyPrograms, sizeName } from './cells.js';
import { type Contender, contenderOf, type Folders, programmerOf } from './contenders.js';
import { Network, type Place } from './network.js';
import { CHURN_PER_SECOND, type ChangePlan, changesOf, churnOf } from './rule-files.js';
import { timeOf } from './summary.js';
import { throughputOf } from './throughput.js';
import { type Asked, hasStrace } from './traced.js';

/**
 * Runs inside the test kernel: `guest.js BATCH [KUBE-PROXY]`, a file with a Batch and a binary. Prints the result of
 * each cell as a line of JSON, and before that what it has by then, in case it is given up.
 */
export interface Batch {
  readonly cells: readonly Cell[];
  readonly tools: string;
  readonly rules: string;
  /** How often everything is programmed from nothing, at sizes at which that is soon done. */
  readonly starts: number;
  /** Changes of each kind that are measured. */
  readonly changes: number;
  /** Changes, ten a second, while connections go on. */
  readonly churn: number;
  /** Connections to one Service, and to Services spread over all. */
  readonly connections: number;
  /** Endpoints of a cell up to which system calls are counted. */
  readonly mostTraced: number;
  /** The number of Services of the cells that also show what the mode does to packets. */
  readonly behavioursAt: number;
}

const SCRATCH = '/tmp/bench-rules';
/** Endpoints of a cell that programs several times. */
const MOST_REPEATED = 10_000;
/** Milliseconds. */
const LONGEST_CHURN = 10_000;
/** Connections and changes before those that count. */
const WARM_UP = 20;

let networks = 0;
const isCounted = process.env.TEST_KERNEL?.startsWith('counted') === true;
const batch = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Batch;
try {
  probeKernel(process.env.TEST_KERNEL ?? 'host', `${batch.tools}/probe`);
  // Newer kernels do not load them when iptables-legacy asks for a table.
  spawnSync('modprobe', ['-aq', 'iptable_filter', 'iptable_nat']);
  await measureAll();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // An agent or a server that is left must not keep the guest going.
  process.exit(1);
}

async function measureAll(): Promise<void> {
  const warm = new Set<string>();
  for (const cell of batch.cells) {
    // The first of a program would find it cold: 866 instead of 548 ms for an agent behind other modes.
    const isOwn = isKubeProxy(cell.mode) || isFloor(cell.mode);
    const program = isOwn ? cell.mode : cell.mode.split('-')[0];
    if (program !== undefined && !warm.has(program)) {
      await inNetwork((network) => withContender({ ...cell, ...LEAST }, network, warmUp));
      warm.add(program);
    }
    print(await measure(cell));
  }
}

function print(result: CellResult | UnfinishedResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function warmUp(cell: Cell, network: Network, contender: Contender): Promise<void> {
  await contender.program();
  connectEverywhere(cell, network);
  if (onlyPrograms(cell.mode)) return;
  // All of them: the rules of each are made of what is there after those before it.
  for (const { kind, number } of changesOf(LEAST, batch.changes)) await contender.change(kind, number);
}

async function measure(cell: Cell): Promise<CellResult> {
  const result = await inNetwork((network) => withContender(cell, network, measureIn));
  const again: Start[] = [];
  for (let start = 1; isRepeated(cell) && start < batch.starts; start++)
    again.push(await inNetwork((network) => withContender(cell, network, startIn)));
  return {
    ...result,
    ...(again.length > 0 && { again }),
    ...(isTraced(cell) && { asked: await inNetwork((network) => withContender(cell, network, askFor)) }),
    ...(showsBehaviour(cell) && { behaviours: await inNetwork((network) => behave(cell, network)) }),
  };
}

function isRepeated({ services, endpoints }: Cell): boolean {
  return services * endpoints <= MOST_REPEATED;
}

async function startIn(cell: Cell, _network: Network, contender: Contender): Promise<Start> {
  return { program: await contender.program(), ...(await goOn(cell, contender)) };
}

/** What comes after programming with whoever has programmed. */
async function goOn(
  cell: Cell,
  contender: Contender,
  tell: (soFar: Partial<Start>) => void = () => undefined,
): Promise<Rest> {
  if (onlyPrograms(cell.mode)) return { changes: await changeAll([], contender) };
  const plan = changesOf(cell, batch.changes);
  if (endsOnceDone(cell.mode)) {
    // The restart comes last: it takes longest, and a cell that is given up in it has all else.
    const changes = await changeAll(plan, contender);
    tell({ changes });
    return { changes, restart: await contender.restart() };
  }
  const restart = await contender.restart();
  tell({ restart });
  const coldChange = await contender.warmUp();
  const changes = await changeAll(plan, contender);
  return { restart, ...(coldChange !== undefined && { coldChange }), changes };
}

type Rest = Omit<Start, 'program'> & Pick<CellResult, 'changes'>;

function isTraced({ services, endpoints, round, mode }: Cell): boolean {
  return (
    round === 1 &&
    services * endpoints <= batch.mostTraced &&
    !onlyPrograms(mode) &&
    !mode.endsWith('-again') &&
    !isKubeProxy(mode) &&
    hasStrace()
  );
}

// What a mode does to packets is the same at every size.
function showsBehaviour({ mode, services, round }: Cell): boolean {
  return round === 1 && services === batch.behavioursAt && !mode.endsWith('-again') && !onlyPrograms(mode);
}

async function inNetwork<T>(work: (network: Network) => Promise<T>): Promise<T> {
  const network = new Network(networks++, batch.tools);
  await network.open();
  try {
    return await work(network);
  } finally {
    await network.close();
    rmSync(SCRATCH, { recursive: true, force: true });
    await sleep(2000);
  }
}

async function withContender<T>(
  cell: Cell,
  network: Network,
  work: (cell: Cell, network: Network, contender: Contender) => Promise<T>,
): Promise<T> {
  const contender = await contenderOf(cell, network, foldersOf(cell));
  try {
    return await work(cell, network, contender);
  } finally {
    await contender.close();
  }
}

function foldersOf(cell: Cell): Folders {
  const rules = `${batch.rules}/${sizeName(cell)}`;
  return { tools: batch.tools, rules, scratch: SCRATCH, kubeProxy: process.argv[3] ?? '' };
}

function askFor(_cell: Cell, _network: Network, contender: Contender): Promise<Asked> {
  return contender.askFor();
}

async function behave(cell: Cell, network: Network): Promise<Behaviours> {
  const programmer = programmerOf(cell, network, foldersOf(cell));
  try {
    return await behavioursOf(programmer, network, batch.tools);
  } finally {
    await programmer.close();
  }
}

async function measureIn(cell: Cell, network: Network, contender: Contender): Promise<CellResult> {
  const before = await kernelMemory();
  const program = await contender.program();
  const after = await kernelMemory();
  const programmed = {
    cell,
    kernel: release(),
    program,
    kernelMemory: {
      slab: after.slab - before.slab,
      vmalloc: after.vmalloc - before.vmalloc,
      percpu: after.percpu - before.percpu,
    },
  };
  print({ isUnfinished: true, ...programmed });
  const connected = { ...programmed, connections: connectEverywhere(cell, network) };
  print({ isUnfinished: true, ...connected });
  const rest = await goOn(cell, contender, (soFar) => print({ isUnfinished: true, ...connected, ...soFar }));
  print({ isUnfinished: true, ...connected, ...rest });
  const churn = onlyPrograms(cell.mode) ? [] : churnOf(cell, batch.churn, changesOf(cell, batch.changes));
  return {
    ...connected,
    ...rest,
    ...(await changeMeanwhile(churn, cell, network, contender)),
    // On a counted clock TCP finds no pace: one arrangement gave 400 and 590 MB a second.
    ...(!isCounted && { throughput: await throughputOf(network, batch.tools, cell) }),
  };
}

async function changeAll(
  plan: readonly ChangePlan[],
  contender: Contender,
): Promise<Record<ChangeKind, Change[]>> {
  const changes: Record<ChangeKind, Change[]> = {
    'endpoint-added': [],
    'service-added': [],
    'service-deleted': [],
  };
  for (const { kind, number } of plan) changes[kind].push(await contender.change(kind, number));
  return changes;
}

async function changeMeanwhile(
  plan: readonly ChangePlan[],
  cell: Cell,
  network: Network,
  contender: Contender,
): Promise<Pick<CellResult, 'churn'>> {
  if (plan.length === 0) return {};
  let [changes, spent] = [0, 0];
  const meanwhile = await connectMeanwhile(
    network,
    batch.tools,
    mixed(spreadOver(cell.services)),
    async () => {
      // Who is slower than ten a second does as many as it can.
      for (const { kind, number } of plan) {
        if (spent > LONGEST_CHURN) break;
        const took = timeOf(await contender.change(kind, number), isCounted ? 'counted' : 'vm');
        const rest = Math.max(0, 1000 / CHURN_PER_SECOND - took);
        await sleep(rest);
        spent += took + rest;
        changes++;
      }
    },
  );
  return { churn: { ...meanwhile, changes, seconds: spent / 1000 } };
}

function spreadOver(services: number): string[] {
  const many = batch.connections;
  return Array.from({ length: many }, (_, index) => to(Math.floor(((index + 0.5) * services) / many)));
}

function to(service: number): string {
  return `${vip(service)} ${SERVICE_PORT}`;
}

function connectEverywhere({ services }: Cell, network: Network): Record<ConnectionPlace, ConnectionSamples> {
  const many = batch.connections;
  const all = spreadOver(services);
  const same = (line: string) => Array.from({ length: many }, () => line);
  const connect = (lines: readonly string[], from: Place = 'client') => samplesOf(network, from, lines);
  return {
    direct: connect(same(`${pod(0)} ${TARGET_PORT}`)),
    first: connect(same(to(0))),
    middle: connect(same(to(Math.floor(services / 2)))),
    last: connect(same(to(services - 1))),
    spread: connect(all),
    node: connect(all, 'node'),
  };
}

function samplesOf(network: Network, from: Place, lines: readonly string[]): ConnectionSamples {
  const warmUp = Array.from({ length: WARM_UP }, (_, index) => lines[index % lines.length]);
  const output = network.run(
    from,
    [`${batch.tools}/connect`, String(WARM_UP)],
    [...warmUp, ...lines].join('\n'),
  );
  const nanoseconds: number[] = [];
  const endpoints: Record<string, number> = {};
  let failed = 0;
  for (const line of output.trim().split('\n')) {
    const [took = '', address = ''] = line.split(' ');
    if (took === 'failed') failed++;
    else {
      nanoseconds.push(Number(took));
      endpoints[address] = (endpoints[address] ?? 0) + 1;
    }
  }
  return { nanoseconds, failed, endpoints: new Set(lines).size === 1 ? endpoints : {} };
}

interface KernelMemory {
  readonly slab: number;
  readonly vmalloc: number;
  readonly percpu: number;
}

/** Megabytes of what the kernel cannot give back. */
async function kernelMemory(): Promise<KernelMemory> {
  // What waits for RCU, and what is freed in the background, is gone by then.
  await sleep(1000);
  const text = readFileSync('/proc/meminfo', 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { slab: of('SUnreclaim'), vmalloc: of('VmallocUsed'), percpu: of('Percpu') };
}
