import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { ClusterObject } from '../../../src/install/cluster-object.js';
import { DEPLOY } from './deployments.js';
import { HelmTemplates, type TemplateData } from './helm-template.js';

export const CHART = join(DEPLOY, 'helm/kube-ipvs-proxy');

const textOf = (...path: readonly string[]) => readFileSync(join(CHART, ...path), 'utf8');

export type Values = Readonly<Record<string, unknown>>;

export function chartValues(): Values {
  return parse(textOf('values.yaml')) as Values;
}

/** As `helm template --namespace kube-system --set …`: objects with the namespace that helm puts them into. */
export function renderedChart(changes: Values = {}): ClusterObject[] {
  const templates = templatesWith(changes);
  const files = readdirSync(join(CHART, 'templates')).filter((name) => name.endsWith('.yaml'));
  return files
    .flatMap((name) => parseAllDocuments(templates.render(textOf('templates', name))))
    .map((document) => {
      if (document.errors.length > 0) throw new Error(document.errors.join('; '));
      return document.toJS() as ClusterObject | null;
    })
    .flatMap((object) => (object === null ? [] : [inNamespace(object)]));
}

/** What helm says after an installation. */
export function chartNotes(changes: Values = {}): string {
  return templatesWith(changes).render(textOf('templates/NOTES.txt'));
}

function templatesWith(changes: Values): HelmTemplates {
  const { version, appVersion } = parse(textOf('Chart.yaml')) as Record<string, string>;
  const files = readdirSync(join(CHART, 'files')).map((name) => [`files/${name}`, textOf('files', name)]);
  const data: TemplateData = {
    Values: merged(chartValues(), changes),
    Chart: { Version: version, AppVersion: appVersion },
    Release: { Name: 'kube-ipvs-proxy', Namespace: 'kube-system' },
    Files: Object.fromEntries(files),
  };
  const templates = new HelmTemplates(data);
  templates.render(textOf('templates/_helpers.tpl'));
  return templates;
}

/** As helm lays values over values: mappings field by field, everything else as a whole. */
export function merged(below: Values, above: Values): Values {
  const entries = Object.entries(above).map(([name, value]) => {
    const before = below[name];
    return [name, isMapping(before) && isMapping(value) ? merged(before, value) : value];
  });
  return { ...below, ...Object.fromEntries(entries) };
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inNamespace(object: ClusterObject): ClusterObject {
  if (object.kind.startsWith('Cluster')) return object;
  return { ...object, metadata: { namespace: 'kube-system', ...object.metadata } };
}
