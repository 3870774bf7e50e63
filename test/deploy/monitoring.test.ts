import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configMap, containersOf, daemonSet, PROJECT, rendered } from './support/deployments.js';
import { kindOf } from './support/manifest.js';
import { metricNames } from './support/metric-names.js';

const NAME = 'overlays/monitoring';
const METRICS_PAGE = join(PROJECT, 'docs/observability.md');
const DASHBOARD = join(PROJECT, 'deploy/kustomize/components/monitoring/kube-ipvs-proxy.json');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function ofKind(kind: string) {
  return rendered(NAME)
    .find((manifest) => kindOf(manifest) === kind)
    ?.toJS();
}

const panels: readonly Panel[] = JSON.parse(readFileSync(DASHBOARD, 'utf8')).panels;
const charts = panels.filter(({ type }) => type !== 'row');
const rules: readonly Rule[] = ofKind('PrometheusRule').spec.groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const expressions = [
  ...charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
];

it('asks for no metric that docs/observability.md does not have', () => {
  const documented = readFileSync(METRICS_PAGE, 'utf8');
  const asked = new Set(expressions.flatMap(metricNames));
  expect(asked.size).toBeGreaterThan(20);
  // Prometheus itself makes `up`.
  expect([...asked].filter((name) => name !== 'up' && !documented.includes(`\`${name}\``))).toEqual([]);
});

it('scrapes the port that the configuration opens to other nodes', () => {
  const { spec } = ofKind('PodMonitor');
  const set = daemonSet(NAME);
  expect(set.spec?.template.metadata?.labels).toMatchObject(spec.selector.matchLabels);
  const port = containersOf(set).main.ports?.find(({ name }) => name === spec.podMetricsEndpoints[0].port);
  expect(configMap(NAME).data?.['config.conf']).toContain(
    `metricsBindAddress: 0.0.0.0:${port?.containerPort}\n`,
  );
});

it('gives each alert a severity, a time to settle, and what to do', () => {
  for (const rule of rules) {
    expect(rule.alert).toMatch(/^KubeIpvsProxy[A-Z]/);
    expect(rule.for).toMatch(/^\d+m$/);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(rule.annotations).toMatchObject({
      summary: expect.stringMatching(/\.$/),
      description: expect.stringMatching(/\.$/),
    });
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

it('asks only about the job that the PodMonitor makes', () => {
  const job = daemonSet(NAME).spec?.template.metadata?.labels?.[ofKind('PodMonitor').spec.jobLabel];
  for (const { expr } of rules)
    for (const [, selector] of expr.matchAll(/\{([^}]*)\}/g)) expect(selector).toContain(`job="${job}"`);
});

it('hands the dashboard to Grafana as it is', () => {
  const data = configMap(NAME, 'kube-ipvs-proxy-dashboard').data;
  expect(JSON.parse(data?.['kube-ipvs-proxy.json'] ?? '')).toHaveProperty('title', 'kube-ipvs-proxy');
});

it('has charts with queries, one number each, beside and below one another', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const chart of charts) expect(chart.targets?.length, chart.title).toBeGreaterThan(0);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

it.each(expressions)('closes every bracket of %s', (expression) => {
  const open: string[] = [];
  for (const sign of expression.replaceAll(/"[^"]*"/g, '')) {
    if ('({['.includes(sign)) open.push(sign);
    if (')}]'.includes(sign)) expect(`${open.pop()}${sign}`).toMatch(/^(\(\)|\{\}|\[\])$/);
  }
  expect(open).toEqual([]);
});
