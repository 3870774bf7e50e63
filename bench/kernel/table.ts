import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentRun } from './agent-run.js';
import { changesTable, growth, most } from './changes-table.js';
import { memoryLine } from './memory-line.js';
import { mixedLines } from './mixed-table.js';
import { count, times } from './number-text.js';
import type { BaselineRun, Results } from './results.js';
import { median, smallest } from './statistics.js';
import { type Verdict, verdictTable } from './verdict.js';

type Phases = Pick<
  AgentRun,
  'prepare' | 'look' | 'decide' | 'besides' | 'ipvs' | 'addresses' | 'sets' | 'total'
>;

const PHASES: readonly (readonly [string, keyof Phases])[] = [
  ['make ready', 'prepare'],
  ['full look', 'look'],
  ['decide', 'decide'],
  ['IPVS', 'ipvs'],
  ['addresses', 'addresses'],
  ['nftables sets', 'sets'],
  ['plan, encode, fold in while nothing else goes on', 'besides'],
  ['**all**', 'total'],
];

/** Writes kernel.md from every kernel-*.json of the folder given: `table.js FOLDER`; prints it too. */
const [folder = ''] = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => /^kernel-.*\.json$/.test(name));
const all = files.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results);
const text = [
  '# The agent against the kernel: measured',
  '',
  'Written by `npm run bench:kernel`; ../README.md says what each line means. Milliseconds, smallest of all runs and (median).',
  ...all.flatMap(section),
  '',
].join('\n');
writeFileSync(join(folder, 'kernel.md'), text);
process.stdout.write(text);

function section(results: Results): string[] {
  return [
    '',
    `## ${title(results)}`,
    '',
    conditions(results),
    '',
    ...verdicts(results),
    '',
    ...phases(results),
    '',
    ...changesTable(results.change, results.size),
    '',
    memoryLine(results.agents),
    ...(results.mixed === undefined ? [] : mixedLines(results, results.mixed)),
  ];
}

function title({ machine, size }: Results): string {
  const where: Record<string, string> = {
    uml: 'User-mode Linux',
    vm: 'Emulated virtual machine',
    'counted-vm': 'Virtual machine whose clock counts instructions',
    netns: "The machine's own kernel",
  };
  return `${where[machine.kind] ?? machine.kind}, ${count(size.services)} virtual servers × ${size.endpoints} real servers`;
}

function conditions({ machine, agents }: Results): string {
  const { probe } = machine;
  return [
    `Linux ${machine.kernel}, ${machine.processors} × ${machine.processor}, Node ${machine.node}, ${machine.date},`,
    `${agents.length} runs each.`,
    `Here a page fault costs ${probe.pageFault} µs and a system call ${probe.systemCall} µs.`,
  ].join(' ');
}

function verdicts(results: Results): string[] {
  const { machine, agents, baselines, restarts, ownWork } = results;
  const { ipvsadm } = results;
  const agent = smallest(agents.map(({ total }) => total));
  const kernelOnly = smallest(baselines.map((run) => run.total - run.sets));
  const restored = ipvsadm.milliseconds * ipvsadm.times;
  const rows: Verdict[] = [
    {
      what: 'whole agent ÷ C program (IPVS and addresses)',
      measured: agent / kernelOnly,
      unit: '×',
      limit: 1.5,
    },
    {
      what: 'whole agent ÷ C program that also fills the sets',
      measured: ratio(agents, baselines),
      unit: '×',
    },
    { what: 'the same without the addresses on both sides', measured: withoutAddresses(results), unit: '×' },
    { what: '`ipvsadm -R` ÷ whole agent', measured: restored / agent, unit: '× longer', limit: -10 },
    {
      what: 'one remote endpoint: kernel messages',
      measured: most(results.change, 'remote', ({ messages }) => messages),
      unit: '',
      limit: 3,
    },
    {
      what: 'one local endpoint: kernel messages',
      measured: most(results.change, 'local', ({ messages }) => messages),
      unit: '',
      limit: 3,
    },
    {
      what: 'one endpoint, this many ÷ few Services',
      measured: growth(results.change, 'remote'),
      unit: '×',
      limit: 1.5,
    },
    {
      what: 'one local endpoint, this many ÷ few Services',
      measured: growth(results.change, 'local'),
      unit: '×',
      limit: 1.5,
    },
    {
      what: 'restart with nothing changed: writes',
      measured: Math.max(...restarts.map(({ messages }) => messages)),
      unit: '',
      limit: 0,
    },
  ];
  // In an emulated machine the C program is emulated, and the agent's own work is not.
  if (machine.kind === 'uml' && ownWork.length > 0)
    rows.push({
      what: "estimate for a kernel of the machine's own: (C program + agent's own work) ÷ C program",
      measured: (kernelOnly + smallest(ownWork.map(({ total }) => total))) / kernelOnly,
      unit: '×',
    });
  return verdictTable(rows, results);
}

function ratio(agents: readonly AgentRun[], baselines: readonly BaselineRun[]): number {
  return smallest(agents.map(({ total }) => total)) / smallest(baselines.map(({ total }) => total));
}

function withoutAddresses({ agents, baselines }: Results): number {
  const rest = (run: AgentRun | BaselineRun) => run.total - run.addresses;
  return smallest(agents.map(rest)) / smallest(baselines.map(rest));
}

function phases({ agents, baselines, restarts, ownWork, ipvsadm, size }: Results): string[] {
  const columns = [baselines.map(phasesOfBaseline), agents, restarts, ownWork];
  const restored = ipvsadm.milliseconds * ipvsadm.times;
  const faults = Math.round(median(agents.map(({ pageFaults }) => pageFaults)));
  return [
    '| phase | C program | agent | agent, restart | agent alone, no kernel |',
    '|---|---:|---:|---:|---:|',
    ...PHASES.map(([name, phase]) => row(name, columns, phase)),
    '',
    `The agent's first pass takes ${count(faults)} page faults. \`ipvsadm -R\` of ${count(ipvsadm.services)} of the ` +
      `${count(size.services)} virtual servers took ${Math.round(ipvsadm.milliseconds)} ms, which makes ` +
      `${Math.round(restored)} ms for all; half as many took ${Math.round(ipvsadm.half)} ms.`,
  ];
}

function phasesOfBaseline({ virtualServers, realServers, ...run }: BaselineRun): Phases {
  return { ...run, look: 0, decide: 0, besides: 0, ipvs: virtualServers + realServers };
}

function row(name: string, columns: readonly (readonly Phases[])[], phase: keyof Phases): string {
  const cells = columns.map((runs) => times(runs.map((run) => run[phase])));
  return `| ${name} | ${cells.join(' | ')} |`;
}
