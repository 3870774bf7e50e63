import type { AgentRun } from './agent-run.js';
import { changesTable, growth, most } from './changes-table.js';
import { memoryLine } from './memory-line.js';
import { count, times } from './number-text.js';
import type { BaselineRun, KernelContent, MixedResults, Results } from './results.js';
import { smallest } from './statistics.js';
import { type Verdict, verdictTable } from './verdict.js';

/** What the same number of Services costs when they are of every kind. */
export function mixedLines(results: Results, mixed: MixedResults): string[] {
  return [
    '',
    `### ${count(results.size.services)} Services of every kind`,
    '',
    contentLine(mixed),
    '',
    ...verdictTable(verdicts(results, mixed), results),
    '',
    ...phases(results, mixed),
    '',
    ...changesTable(mixed.change, results.size),
    '',
    memoryLine(mixed.agents),
  ];
}

function contentLine({ content, agents }: MixedResults): string {
  const { virtualServers, hashing, realServers, addresses, elements } = content;
  const sets = Object.entries(elements).map(([set, number]) => `${set} ${count(number)}`);
  return (
    `In the kernel: ${count(virtualServers)} virtual servers (${count(hashing)} with scheduler mh) with ${count(realServers)} real servers, ` +
    `${count(addresses)} addresses, ${count(elementsOf(content))} elements (${sets.join(', ')}), by ` +
    `${count(agents[0]?.operations ?? 0)} operations.`
  );
}

function verdicts(plain: Results, mixed: MixedResults): Verdict[] {
  const perServer = (changes: number, { virtualServers }: { virtualServers: number }) =>
    changes / virtualServers;
  return [
    {
      what: 'whole agent, time of one operation, of every kind ÷ plain',
      measured: perOperation(mixed.agents) / perOperation(plain.agents),
      unit: '×',
      limit: 1.5,
    },
    {
      what: 'the same of the agent alone, no kernel',
      measured: perOperation(mixed.ownWork) / perOperation(plain.ownWork),
      unit: '×',
      limit: 1.5,
    },
    {
      what: 'whole agent ÷ C program that makes as many of everything',
      measured: smallest(mixed.agents.map(totalOf)) / smallest(mixed.baselines.map(totalOf)),
      unit: '×',
    },
    {
      what: 'one remote endpoint: kernel messages for each virtual server of its Service',
      measured: most(mixed.change, 'remote', (change) => perServer(change.messages, change)),
      unit: '',
      limit: 3,
    },
    {
      what: 'one local endpoint: operations for each virtual server of its Service',
      measured: most(mixed.change, 'local', (change) => perServer(change.operations, change)),
      unit: '',
      limit: 3,
    },
    ...(['remote', 'local'] as const).map((kind) => ({
      what: `one ${kind} endpoint, this many ÷ few Services`,
      measured: growth(mixed.change, kind),
      unit: '×',
      limit: 1.5,
    })),
    {
      what: 'restart with nothing changed: writes',
      measured: Math.max(...mixed.restarts.map(({ messages }) => messages)),
      unit: '',
      limit: 0,
    },
  ];
}

function phases(plain: Results, mixed: MixedResults): string[] {
  return [
    '| microseconds for each operation | C program | agent | agent alone, no kernel |',
    '|---|---:|---:|---:|',
    ...(
      [
        ['plain', plain, plainOperations(plain)],
        ['of every kind', mixed, elementsOf(mixed.content) + objectsOf(mixed.content)],
      ] as const
    ).map(
      ([name, { baselines, agents, ownWork }, operations]) =>
        `| ${name} | ${times(baselines.map(({ total }) => (total * 1000) / operations))} | ` +
        `${times(agents.map(microseconds))} | ${times(ownWork.map(microseconds))} |`,
    ),
  ];
}

// An address, a guard, an owner and a gate for each.
function plainOperations({ size: { services, endpoints } }: Results): number {
  return services * (5 + endpoints);
}

function objectsOf({ virtualServers, realServers, addresses }: KernelContent): number {
  return virtualServers + realServers + addresses;
}

function elementsOf({ elements }: KernelContent): number {
  return Object.values(elements).reduce((sum, number) => sum + number, 0);
}

function perOperation(runs: readonly AgentRun[]): number {
  return smallest(runs.map(microseconds));
}

function microseconds({ total, operations }: AgentRun): number {
  return (total * 1000) / operations;
}

function totalOf({ total }: AgentRun | BaselineRun): number {
  return total;
}
