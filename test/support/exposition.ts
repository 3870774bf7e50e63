/** One metric of a page in the text format of Prometheus 0.0.4. */
export interface ParsedMetric {
  readonly type: string;
  readonly help: string;
  /** Series as written, name and labels, with their values. */
  readonly series: Map<string, number>;
}

const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"/;
const SERIES = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:${LABEL.source}(?:,${LABEL.source})*)?\\})? (\\S+)$`,
);
const SUFFIXES = ['', '_bucket', '_sum', '_count'];

/** Reads a page as strictly as Prometheus does, and throws where it would refuse it or the page says a thing twice. */
export function parseExposition(text: string): Map<string, ParsedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, ParsedMetric>();
  let help = '';
  let current: [string, ParsedMetric] | undefined;
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment?.[1] === 'HELP') help = `${comment[2]} ${comment[3]}`;
    else if (comment?.[1] === 'TYPE') current = begin(metrics, comment[2] ?? '', comment[3] ?? '', help);
    else if (line !== '') addSeries(current, line);
  }
  return metrics;
}

function begin(
  metrics: Map<string, ParsedMetric>,
  name: string,
  type: string,
  help: string,
): [string, ParsedMetric] {
  if (!['counter', 'gauge', 'histogram'].includes(type)) throw new Error(`type ${type} of ${name}`);
  if (!help.startsWith(`${name} `)) throw new Error(`${name} has no help`);
  if (metrics.has(name)) throw new Error(`${name} is there twice`);
  const metric = { type, help: help.slice(name.length + 1), series: new Map<string, number>() };
  metrics.set(name, metric);
  return [name, metric];
}

function addSeries(current: [string, ParsedMetric] | undefined, line: string): void {
  const match = SERIES.exec(line);
  const [, name = '', labels = '', value = ''] = match ?? [];
  if (match === null || Number.isNaN(Number(value.replace('+Inf', 'Infinity'))))
    throw new Error(`not a series: ${line}`);
  if (current === undefined || !SUFFIXES.some((suffix) => name === current[0] + suffix))
    throw new Error(`${line} does not belong to ${current?.[0]}`);
  const series = name + labels;
  if (current[1].series.has(series)) throw new Error(`${series} is there twice`);
  current[1].series.set(series, Number(value));
}
