import { cpus, loadavg, release } from 'node:os';
import type { Protocol } from '../../lab/api-server/tls-server.js';
import { FAULTS } from './fault-rows.js';
import type { FaultRun } from './fault-run.js';
import { IS_REAL_TIME, SPEED } from './following-agent.js';

/** What became of the agent of one fault over one protocol; undefined where it did not get over it. */
export type Outcomes = (name: string, protocol: Protocol) => FaultRun | undefined;

/** In seconds, for outages: docs/decisions/0015. */
const LIMIT = 3;

/** For the terminal in the time of a test, in Markdown in real time. */
export function recoveryTable(outcomes: Outcomes): string {
  return IS_REAL_TIME ? measuredTable(outcomes) : boundTable(outcomes);
}

function boundTable(outcomes: Outcomes): string {
  const title =
    `Upper bounds of the recovery, in seconds of a cluster. The agent's clock runs ${SPEED} times faster, so that each 10 ms ` +
    `of work count as ${(SPEED * 10) / 1000} s.\nIn real time, as it is in a cluster: npm run bench:recovery.`;
  const cell = (name: string, protocol: Protocol) => `≤ ${seconds(outcomes(name, protocol))}`.padStart(9);
  const rows = FAULTS.map(({ name }) =>
    [name.padEnd(24), cell(name, 'h2'), cell(name, 'http/1.1')].join(' '),
  );
  return [title, `${'fault'.padEnd(24)} ${'h2'.padStart(9)} ${'HTTP/1.1'.padStart(9)}`, ...rows, ''].join(
    '\n',
  );
}

function measuredTable(outcomes: Outcomes): string {
  const rows = FAULTS.map(({ name, isOutage }) => {
    const h2 = outcomes(name, 'h2');
    const http1 = outcomes(name, 'http/1.1');
    const endings = [h2, http1].map((faultRun) => faultRun?.endings ?? '-').join(' / ');
    return `| ${name} | ${seconds(h2)} | ${seconds(http1)} | ${isOutage ? verdict([h2, http1]) : ''} | ${endings} |`;
  });
  return [
    '# Following again after a fault: measured in real time',
    '',
    'Written by `npm run bench:recovery`: seconds from the moment when nobody else had to mend anything any more to the last',
    'write of a change made during the fault. All faults happen at the same time, each to an agent and a server of its own, in',
    'one process. Last, why listings and watches ended, over h2 / over HTTP/1.1.',
    '',
    `${machine()}, load ${loadavg()[1]?.toFixed(1)} over the last five minutes.`,
    '',
    `| fault | h2, s | HTTP/1.1, s | ≤ ${LIMIT} s | endings |`,
    '|---|---:|---:|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function verdict(runs: readonly (FaultRun | undefined)[]): string {
  return runs.every((faultRun) => faultRun !== undefined && faultRun.seconds <= LIMIT)
    ? 'held'
    : '**missed**';
}

function seconds(faultRun: FaultRun | undefined): string {
  return faultRun?.seconds.toFixed(IS_REAL_TIME ? 2 : 1) ?? '-';
}

function machine(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, ${date}`;
}
