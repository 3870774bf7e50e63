import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTransaction } from '../../src/kernel/nf-tables/transaction.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { openKernelHandle } from '../../test/support/kernel-handle.js';
import type { AgentRun } from './agent-run.js';
import type { ChangeSamples } from './change.js';
import { LOCAL_ENDPOINTS, pod, SCHEDULER, SERVICE_PORT, TARGET_PORT, vip } from './content.js';
import { countsOf, digestOf } from './kernel-content.js';
import type { Mix } from './mix.js';
import { Contest, type Namespace } from './namespace.js';
import { probeKernel } from './probe-kernel.js';
import type { BaselineRun, ChangeRuns, KernelContent, MixedResults, Results } from './results.js';

/**
 * Runs inside the test kernel: `measure.js SERVICES ENDPOINTS REPEATS CHANGES TOOLS OUTPUT OWN_WORK MIXED_OWN_WORK`.
 * TOOLS is the folder with the compiled baseline and probe, OUTPUT the JSON file to write, the last two what silent
 * starts of the agent have measured outside. The contenders take turns, so that a busy machine slows them alike.
 */
const [services = 0, endpoints = 0, repeats = 0, changes = 0] = process.argv.slice(2, 6).map(Number);
const [tools = '', output = '', ownWork = '[]', mixedOwnWork = '[]'] = process.argv.slice(6);
const contest = new Contest();
const kind = process.env.TEST_KERNEL ?? 'host';
const here = dirname(fileURLToPath(import.meta.url));

/** ipvsadm is slow: it gets this part of the virtual servers, and its time is multiplied. */
const IPVSADM_PART = 10;

/** Services in the small cluster that a change is compared with. */
const FEW = 100;
const CHANGE_ROUNDS = 3;

interface Starts {
  readonly agents: AgentRun[];
  readonly restarts: AgentRun[];
  readonly baselines: BaselineRun[];
}

const probe = probeKernel(kind, tool('probe'));
const plain: Starts = { agents: [], restarts: [], baselines: [] };
const contents = new Set<string>();
for (let round = 0; round < repeats; round++) {
  say(`round ${round + 1} of ${repeats}`);
  await contest.inFreshNamespace(async (namespace) => {
    plain.baselines.push(await runBaseline(namespace, plainContent()));
    contents.add(digestOf(namespace));
  });
  await contest.inFreshNamespace((namespace) => {
    plain.agents.push(runAgent(namespace, 'plain'));
    contents.add(digestOf(namespace));
    plain.restarts.push(runAgent(namespace, 'plain'));
  });
}
if (contents.size !== 1) throw new Error('the agent and the C program did not program the same');
say('ipvsadm -R');
const part = Math.ceil(services / IPVSADM_PART);
const ipvsadm = await contest.inFreshNamespace((namespace) => restore(namespace, part));
const ipvsadmHalf = await contest.inFreshNamespace((namespace) => restore(namespace, Math.ceil(part / 2)));
say('one changed endpoint');
const change = await changesOf('plain');
const mixed = await measureMix();

const results: Results = {
  machine: {
    kind,
    kernel: release(),
    processor: cpus()[0]?.model ?? '',
    processors: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    probe,
  },
  size: { services, endpoints, local: LOCAL_ENDPOINTS, few: FEW },
  ...plain,
  ownWork: JSON.parse(ownWork) as AgentRun[],
  ipvsadm: { services: part, milliseconds: ipvsadm, half: ipvsadmHalf, times: services / part },
  change,
  mixed,
};
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(results, null, 1)}\n`);

async function measureMix(): Promise<MixedResults> {
  const starts: Starts = { agents: [], restarts: [], baselines: [] };
  let content: KernelContent | undefined;
  for (let round = 0; round < repeats; round++) {
    say(`Services of every kind, round ${round + 1} of ${repeats}`);
    const left = await contest.inFreshNamespace((namespace) => {
      starts.agents.push(runAgent(namespace, 'mixed'));
      const counts = countsOf(namespace);
      starts.restarts.push(runAgent(namespace, 'mixed'));
      return counts;
    });
    await contest.inFreshNamespace(async (namespace) =>
      starts.baselines.push(await runBaseline(namespace, left)),
    );
    content ??= left;
  }
  if (content === undefined) throw new Error('no round was asked for');
  say('one changed endpoint of such a Service');
  return {
    content,
    ...starts,
    ownWork: JSON.parse(mixedOwnWork) as AgentRun[],
    change: await changesOf('mixed'),
  };
}

async function changesOf(mix: Mix): Promise<ChangeRuns> {
  const few: ChangeSamples[] = [];
  const many: ChangeSamples[] = [];
  for (let round = 0; round < CHANGE_ROUNDS; round++) {
    few.push(await contest.inFreshNamespace((namespace) => changeEndpoints(namespace, FEW, mix)));
    many.push(await contest.inFreshNamespace((namespace) => changeEndpoints(namespace, services, mix)));
  }
  return { few, many };
}

function plainContent(): KernelContent {
  const elements = {
    'owned-tcp-4': services,
    'guarded-4': services,
    'open-4': services,
  };
  return {
    virtualServers: services,
    hashing: 0,
    realServers: services * endpoints,
    addresses: services,
    elements,
  };
}

async function runBaseline(namespace: Namespace, content: KernelContent): Promise<BaselineRun> {
  const { virtualServers, hashing, realServers, addresses, elements } = content;
  await writeRules(namespace);
  const { 'owned-tcp-4': owned = 0, 'guarded-4': guarded = 0, 'open-4': open = 0, ...others } = elements;
  const treated = Object.values(others).reduce((sum, count) => sum + count, 0);
  const counts = [virtualServers, hashing, realServers, addresses, owned, guarded, open, treated];
  return JSON.parse(namespace.run([tool('baseline'), ...counts.map(String)])) as BaselineRun;
}

async function writeRules({ path }: Namespace): Promise<void> {
  const handle = openKernelHandle({ device: '', table: '', sets: [], networkNamespace: path });
  const { errno } = await handle.sendNft(encodeTransaction(tableTransaction(PLAIN_RULES)).bytes);
  handle.close();
  if (errno !== 0) throw new Error(`nf_tables refused our table: ${errno}`);
}

function runAgent(namespace: Namespace, mix: Mix): AgentRun {
  return JSON.parse(namespace.run(script('agent.js', services, endpoints, mix))) as AgentRun;
}

function restore(namespace: Namespace, count: number): number {
  const lines: string[] = [];
  for (let service = 0; service < count; service++) {
    const place = `${vip(service)}:${SERVICE_PORT}`;
    lines.push(`-A -t ${place} -s ${SCHEDULER}`);
    for (let index = 0; index < endpoints; index++)
      lines.push(`-a -t ${place} -r ${pod(service * endpoints + index)}:${TARGET_PORT} -m -w 1`);
  }
  return namespace.time(['ipvsadm', '-R'], `${lines.join('\n')}\n`);
}

function changeEndpoints(namespace: Namespace, among: number, mix: Mix): ChangeSamples {
  return JSON.parse(namespace.run(script('change.js', among, endpoints, changes, mix))) as ChangeSamples;
}

// With the heap that the first line of src/main.ts sets.
function script(name: string, ...words: (number | string)[]): string[] {
  return [process.execPath, '--initial-heap-size=32', '--expose-gc', join(here, name), ...words.map(String)];
}

function tool(name: string): string {
  return join(tools, name);
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
