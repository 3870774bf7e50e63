import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, quantile } from '../kernel/statistics.js';
import type { Spent } from './probe.js';
import type { ScaleResults } from './results.js';

/** Writes scale-NAME.md from scale-NAME.json of the folder given: `table.js FOLDER NAME`; prints it too. */
const [folder = '', name = ''] = process.argv.slice(2);
const results = JSON.parse(readFileSync(join(folder, `scale-${name}.json`), 'utf8')) as ScaleResults;

const text = [
  '# The whole agent at the size of large clusters: measured',
  '',
  'Written by `npm run bench:scale`; ../README.md says what each line means.',
  '',
  title(results),
  '',
  '| | start from nothing | restart |',
  '|---|---:|---:|',
  ...startLines(results),
  '',
  '| | number | median | p99 | largest |',
  '|---|---:|---:|---:|---:|',
  ...latencyLines(results),
  '',
  '| | seconds | longest stall, ms | processor, % of one | memory, MB |',
  '|---|---:|---:|---:|---:|',
  ...loadLines(results),
  '',
  auditLine(results),
  '',
].join('\n');
writeFileSync(join(folder, `scale-${name}.md`), text);
process.stdout.write(text);

function title({ machine, kind, settings }: ScaleResults): string {
  const { services, endpoints } = settings;
  return [
    `${services.toLocaleString('en')} Services, ${(services * endpoints).toLocaleString('en')} endpoints.`,
    `Linux ${machine.kernel} (${kind}), ${machine.processors} × ${machine.processor},`,
    `Node ${machine.node}, ${machine.date}.`,
  ].join(' ');
}

function startLines({ start, restart }: ScaleResults): string[] {
  const seconds = (time: number | undefined) => (time === undefined ? '' : (time / 1000).toFixed(2));
  const both = (what: string, of: (run: ScaleResults['start']) => string) =>
    `| ${what} | ${of(start)} | ${of(restart)} |`;
  return [
    both("the API server's VIP is open, s", ({ vips }) => seconds(vips?.apiServer)),
    both('the first other VIP is open, s', ({ vips }) => seconds(vips?.first)),
    both('the last VIP is open, s', ({ vips }) => seconds(vips?.last)),
    both('everything is in sync, s', ({ synced }) => seconds(synced)),
    both('processor time until then, s', ({ processor }) => seconds(processor)),
    both('longest stall, ms', ({ stall }) => stall.toFixed(0)),
    both('writes, records', ({ records }) => records.toLocaleString('en')),
    both('memory: peak, MB', ({ memory }) => memory.peak.toFixed(0)),
    both('memory: then, MB', ({ memory }) => memory.now.toFixed(0)),
    `| stopping before it, ms | | ${restart.stop.toFixed(0)} |`,
  ];
}

function latencyLines({ changes, rolling }: ScaleResults): string[] {
  const line = (what: string, times: readonly number[]) =>
    `| ${what}, ms | ${times.length.toLocaleString('en')} | ${median(times).toFixed(1)} | ${quantile(times, 0.99).toFixed(1)} | ${Math.max(...times).toFixed(1)} |`;
  return [
    line('one pod replaced', changes.endpoint),
    line('one Service added', changes.service),
    line(`each of ${perMinute(rolling)} pods a minute`, rolling.latencies),
  ];
}

function perMinute({ pods, seconds }: ScaleResults['rolling']): string {
  return Math.round((pods / seconds) * 60).toLocaleString('en');
}

function loadLines({ rolling, quiet }: ScaleResults): string[] {
  const line = (what: string, seconds: number, { stall, processor, memory }: Spent) =>
    `| ${what} | ${seconds.toFixed(0)} | ${stall.toFixed(0)} | ${(processor / seconds / 10).toFixed(2)} | ${memory.now.toFixed(0)} |`;
  return [
    line('pods roll', rolling.seconds, rolling),
    line('nothing happens but the audit', quiet.seconds, quiet),
  ];
}

function auditLine({ quiet }: ScaleResults): string {
  return (
    `The audit compares everything once in ${quiet.round.toFixed(0)} s; ${quiet.slices} slices took ` +
    `${quiet.slice.toFixed(0)} ms each on the average.`
  );
}
