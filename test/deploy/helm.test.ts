import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { VERSION } from '../../src/config/version.js';
import { type ClusterObject, titleOf } from '../../src/install/cluster-object.js';
import { read } from '../config/read.js';
import { rendered } from './support/deployments.js';
import { CHART, chartNotes, chartValues, merged, renderedChart, type Values } from './support/helm-chart.js';
import { HelmTemplates } from './support/helm-template.js';
import { type JsonSchema, jsonComplaints } from './support/json-schema.js';
import { schemaComplaints } from './support/schema-check.js';

/** With the YAML in its ConfigMap as what it says: comments and quotes may differ. */
function asRead(object: ClusterObject): ClusterObject {
  if (object.kind !== 'ConfigMap') return object;
  const data = Object.entries(object.data as Readonly<Record<string, string>>);
  return {
    ...object,
    data: Object.fromEntries(
      data.map(([key, text]) => [key, parseAllDocuments(text).map((one) => one.toJS())]),
    ),
  };
}

const byTitle = (objects: readonly ClusterObject[]) =>
  new Map(objects.map((object) => [titleOf(object), asRead(object)]));

const theOne = (objects: readonly ClusterObject[], kind: string) =>
  objects.find((object) => object.kind === kind) as ClusterObject;

const configText = (changes: Values) =>
  (theOne(renderedChart(changes), 'ConfigMap').data as Record<string, string>)['config.conf'] ?? '';

describe('the chart with its default values', () => {
  it('renders to the objects of deploy/install.yaml', () => {
    const installed = rendered('base').map((document) => document.toJS() as ClusterObject);
    expect(byTitle(renderedChart())).toEqual(byTitle(installed));
  });

  it('says after the installation that an address is missing', () => {
    expect(chartNotes()).toMatch(/^\n?apiServer is not set/);
    const set = chartNotes({ apiServer: 'https://api.example.com:6443' });
    expect(set).toContain('rollout status daemonset/kube-ipvs-proxy');
    expect(set).not.toContain('apiServer is not set');
  });

  it('is of the version of the program', () => {
    const { version, appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
    expect([version, appVersion]).toEqual([VERSION, VERSION]);
  });
});

describe('the chart', () => {
  it('with monitoring has the objects of the overlay, and metrics for other nodes', () => {
    const overlay = byTitle(
      rendered('overlays/monitoring').map((document) => document.toJS() as ClusterObject),
    );
    const chart = byTitle(renderedChart({ monitoring: { enabled: true } }));
    expect([...chart.keys()].sort()).toEqual([...overlay.keys()].sort());
    for (const [title, object] of overlay)
      if (/^Pod|^Prom|dashboard/.test(title)) expect(chart.get(title), title).toEqual(object);
    expect(read(configText({ monitoring: { enabled: true } })).settings.serving.metrics).toBe(
      '0.0.0.0:10249',
    );
  });

  it('puts image, tag, pull policy and secrets where they belong', () => {
    const image = { repository: 'r.example.com/p', tag: '1.2', pullPolicy: 'Always' };
    const text = JSON.stringify(
      theOne(renderedChart({ image, imagePullSecrets: [{ name: 's' }] }), 'DaemonSet'),
    );
    expect(text.match(/"image":"r\.example\.com\/p:1\.2","imagePullPolicy":"Always"/g)).toHaveLength(2);
    expect(text).toContain('"imagePullSecrets":[{"name":"s"}]');
  });

  it('has ports, heap, resources, tolerations and roll-out as values say', () => {
    const changes = {
      health: { address: '[::]', port: 10356 },
      metrics: { address: '127.0.0.1', port: 10349 },
      heap: 768,
      resources: { limits: { memory: '1Gi' } },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      updateStrategy: { rollingUpdate: { maxUnavailable: 3 } },
    };
    const set = theOne(renderedChart(changes), 'DaemonSet');
    expect(schemaComplaints(set)).toEqual([]);
    const text = JSON.stringify(set);
    for (const part of [
      '"containerPort":10356',
      '"containerPort":10349',
      'old-space-size=768',
      '"memory":"1Gi"',
    ])
      expect(text).toContain(part);
    expect(text).toContain('"tolerations":[{"key":"a","operator":"Exists"}]');
    expect(text).toContain('"maxUnavailable":3');
  });

  it('writes a configuration that is read without a warning, with fields of both documents', () => {
    const text = configText({
      clusterCIDR: '10.244.0.0/16,fd00:10:244::/56',
      scheduler: 'lc',
      health: { address: '[::]', port: 10256 },
      kubeProxyConfiguration: { conntrack: { min: 0 }, nodePortAddresses: ['primary'] },
      kubeIpvsProxyConfiguration: { adopt: true, drainDeadline: '5m0s' },
    });
    const { warnings, settings } = read(text);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({ scheduler: 'lc', adopt: true });
  });

  it.each([{}, { monitoring: { enabled: true } }])(
    'with %j has objects that the API server takes',
    (changes) => {
      for (const object of renderedChart(changes))
        expect(schemaComplaints(object), titleOf(object)).toEqual([]);
    },
  );
});

describe('the schema of the values', () => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as JsonSchema;

  it('takes the defaults, and knows every one of them', () => {
    expect(jsonComplaints(chartValues(), schema)).toEqual([]);
    expect(Object.keys(schema.properties ?? {}).sort()).toEqual(Object.keys(chartValues()).sort());
  });

  it.each([
    [{ image: { tag: 'a b' } }, '.image.tag: "a b" is refused'],
    [{ image: { repository: 'r/p:1' } }, '.image.repository: "r/p:1" is refused'],
    [{ image: { pullPolicy: 'Sometimes' } }, '.image.pullPolicy: "Sometimes" is refused'],
    [{ apiServer: 'api.example.com:6443' }, '.apiServer: "api.example.com:6443" is refused'],
    [{ clusterCIDR: '10.244.0.0' }, '.clusterCIDR: "10.244.0.0" is refused'],
    [{ health: { address: '::' } }, '.health.address: "::" is refused'],
    [{ metrics: { port: 0 } }, '.metrics.port: 0 is refused'],
    [{ heap: '384' }, '.heap: is no integer'],
    [{ tolerations: {} }, '.tolerations: is no array'],
    [{ imagePullSecrets: [{ nam: 's' }] }, '.imagePullSecrets[0].name: is missing'],
    [{ monitorring: {} }, '.monitorring: there is no such value'],
  ])('refuses %j', (changes, complaint) => {
    expect(jsonComplaints(merged(chartValues(), changes as Values), schema)).toContain(complaint);
  });

  it.each([
    { image: { tag: `0.2.0@sha256:${'a'.repeat(64)}`, repository: 'localhost:5000/p' } },
    { clusterCIDR: '10.0.0.0/8,fd00::/56', health: { address: '[::1]' } },
  ])('takes %j', (changes) => {
    expect(jsonComplaints(merged(chartValues(), changes), schema)).toEqual([]);
  });
});

describe('the renderer of templates', () => {
  const render = (text: string, values: Values = {}) =>
    new HelmTemplates({ Values: values, Chart: {}, Release: {}, Files: { f: 'x' } }).render(text);

  it.each([
    ['a {{ .Values.n }} b', 'a 1 b'],
    ['a\n  {{- if .Values.yes }}\nb\n{{- else }}\nc\n{{- end }}', 'a\nb'],
    ['{{ if .Values.no }}b{{ else }}c{{ end }}', 'c'],
    ['{{- with .Values.map }}{{ .k }}{{ end }}', 'v'],
    ['{{ with .Values.empty }}x{{ end }}', ''],
    ['k:\n  {{- toYaml .Values.map | nindent 2 }}', 'k:\n  k: v'],
    ['{{ .Values.no | default "d" | quote }}', '"d"'],
    ['{{ define "t" }}<{{ .Values.n }}>{{ end }}{{ include "t" . }}', '<1>'],
    ['{{ .Files.Get "f" }}', 'x'],
  ])('makes of %j what helm makes of it', (text, result) => {
    expect(render(text, { n: 1, yes: true, no: '', empty: {}, map: { k: 'v' } })).toBe(result);
  });

  it.each([
    ['{{ .Values.typo }}', 'there is no typo'],
    ['{{ lookup "v1" "Pod" "" "" }}', 'lookup is no function'],
    ['{{ if .Values }}x', 'an end is missing'],
    ['{{ end }}', 'end belongs to nothing'],
    ['{{ $x := 1 }}', 'is more than the renderer knows'],
    ['{{ .Values.map }}', 'needs toYaml'],
  ])('refuses %j', (text, message) => {
    expect(() => render(text, { map: { k: 'v' } })).toThrow(message);
  });
});
