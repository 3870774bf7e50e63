import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLAIN_RULES, tableTransaction } from '../../src/kernel/packet-table.js';
import type { AgentRun } from './agent.js';
import type { ChangeSamples } from './change.js';
import { LOCAL_ENDPOINTS, pod, SCHEDULER, SERVICE_PORT, type Size, TARGET_PORT, vip } from './content.js';
import { Contest, type Namespace } from './namespace.js';
import type { BaselineRun, Probe, Results } from './results.js';

/**
 * Runs inside the test kernel: `measure.js SERVICES ENDPOINTS REPEATS CHANGES TOOLS OUTPUT OWN_WORK`. TOOLS is the folder with
 * the compiled baseline and probe, OUTPUT the JSON file to write, OWN_WORK what silent starts of the agent have measured
 * outside. The contenders take turns, so that a busy machine slows them alike.
 */
const [services = 0, endpoints = 0, repeats = 0, changes = 0] = process.argv.slice(2, 6).map(Number);
const [tools = '', output = '', ownWork = '[]'] = process.argv.slice(6);
const size: Size = { services, endpoints };
const contest = new Contest();
const here = dirname(fileURLToPath(import.meta.url));

/** ipvsadm is slow: it gets this part of the virtual servers, and its time is multiplied. */
const IPVSADM_PART = 10;

/** Services in the small cluster that a change is compared with. */
const FEW = 100;
const CHANGE_ROUNDS = 3;

const baselines: BaselineRun[] = [];
const agents: AgentRun[] = [];
const restarts: AgentRun[] = [];
const contents = new Set<string>();
for (let round = 0; round < repeats; round++) {
  say(`round ${round + 1} of ${repeats}`);
  await contest.inFreshNamespace(measureBaseline);
  await contest.inFreshNamespace(measureAgent);
}
if (contents.size !== 1) throw new Error('the agent and the C program did not program the same');
say('ipvsadm -R');
const part = Math.ceil(services / IPVSADM_PART);
const ipvsadm = await contest.inFreshNamespace((namespace) => restore(namespace, part));
const ipvsadmHalf = await contest.inFreshNamespace((namespace) => restore(namespace, Math.ceil(part / 2)));
say('one changed endpoint');
const few: ChangeSamples[] = [];
const many: ChangeSamples[] = [];
for (let round = 0; round < CHANGE_ROUNDS; round++) {
  few.push(await contest.inFreshNamespace((namespace) => changeEndpoints(namespace, FEW)));
  many.push(await contest.inFreshNamespace((namespace) => changeEndpoints(namespace, services)));
}

const results: Results = {
  machine: {
    kind: process.env.TEST_KERNEL ?? 'host',
    kernel: release(),
    processor: cpus()[0]?.model ?? '',
    processors: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    probe: JSON.parse(await contest.inFreshNamespace((namespace) => namespace.run([tool('probe')]))) as Probe,
  },
  size: { ...size, local: LOCAL_ENDPOINTS, few: FEW },
  baselines,
  agents,
  restarts,
  ownWork: JSON.parse(ownWork) as AgentRun[],
  ipvsadm: { services: part, milliseconds: ipvsadm, half: ipvsadmHalf, times: services / part },
  change: { few, many },
};
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(results, null, 1)}\n`);

function measureBaseline(namespace: Namespace): void {
  namespace.run(['nft', '-f', '-'], tableTransaction({ ...PLAIN_RULES, withoutRanges: true }));
  const words = [tool('baseline'), services, endpoints, 'sets'].map(String);
  baselines.push(JSON.parse(namespace.run(words)) as BaselineRun);
  contents.add(contentOf(namespace));
}

function measureAgent(namespace: Namespace): void {
  agents.push(runAgent(namespace));
  contents.add(contentOf(namespace));
  restarts.push(runAgent(namespace));
}

function runAgent(namespace: Namespace): AgentRun {
  return JSON.parse(namespace.run(script('agent.js', services, endpoints))) as AgentRun;
}

/** A digest of what is in the kernel: virtual and real servers, addresses, elements. */
function contentOf(namespace: Namespace): string {
  const commands = [
    ['cat', '/proc/net/ip_vs'],
    ['ip', '-4', '-oneline', 'address', 'show', 'dev', 'kube-ipvs0'],
    ...['guarded-4', 'owned-tcp-4', 'open-4'].map((set) => [
      'nft',
      '-j',
      'list',
      'set',
      'inet',
      'kube-ipvs-proxy',
      set,
    ]),
  ];
  const hash = createHash('sha256');
  for (const words of commands) hash.update(sorted(namespace.run(words)));
  return hash.digest('hex');
}

// Listings are in the order of hash tables. The index and name of the device stand before its addresses.
function sorted(listing: string): string {
  const entries = listing.startsWith('{') ? elementsOf(listing) : listing.split('\n');
  return entries
    .map((line) => line.replace(/^\d+: /, ''))
    .sort()
    .join('\n');
}

function elementsOf(listing: string): string[] {
  const { nftables } = JSON.parse(listing) as { nftables: { set?: { elem?: unknown[] } }[] };
  return nftables.flatMap(({ set }) => set?.elem ?? []).map((element) => JSON.stringify(element));
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

function changeEndpoints(namespace: Namespace, among: number): ChangeSamples {
  return JSON.parse(namespace.run(script('change.js', among, endpoints, changes))) as ChangeSamples;
}

function script(name: string, ...words: number[]): string[] {
  return [process.execPath, '--expose-gc', join(here, name), ...words.map(String)];
}

function tool(name: string): string {
  return join(tools, name);
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
