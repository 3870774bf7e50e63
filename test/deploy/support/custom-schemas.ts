import type { Schema } from './schema.js';

/**
 * The fields that this project uses of the Prometheus operator's resources (monitoring.coreos.com/v1), written by hand
 * from its API reference: no package with the whole schema is among the dependencies. A field that is right but not
 * listed here is a complaint too, so look it up before you add it.
 */
export const CUSTOM_SCHEMAS: Readonly<Record<string, Schema>> = {
  PodMonitor: fields('apiVersion: string', 'kind: string', 'metadata: V1ObjectMeta', 'spec: PodMonitorSpec'),
  PodMonitorSpec: fields(
    'selector: V1LabelSelector',
    'namespaceSelector?: NamespaceSelector',
    'jobLabel?: string',
    'podTargetLabels?: Array<string>',
    'podMetricsEndpoints: Array<PodMetricsEndpoint>',
  ),
  NamespaceSelector: fields('any?: boolean', 'matchNames?: Array<string>'),
  PodMetricsEndpoint: fields(
    'port?: string',
    'path?: string',
    'scheme?: string',
    'interval?: string',
    'scrapeTimeout?: string',
    'honorLabels?: boolean',
    'relabelings?: Array<RelabelConfig>',
    'metricRelabelings?: Array<RelabelConfig>',
  ),
  RelabelConfig: fields(
    'sourceLabels?: Array<string>',
    'separator?: string',
    'targetLabel?: string',
    'regex?: string',
    'replacement?: string',
    'action?: string',
  ),
  PrometheusRule: fields(
    'apiVersion: string',
    'kind: string',
    'metadata: V1ObjectMeta',
    'spec: PrometheusRuleSpec',
  ),
  PrometheusRuleSpec: fields('groups?: Array<RuleGroup>'),
  RuleGroup: fields('name: string', 'interval?: string', 'rules?: Array<Rule>'),
  Rule: fields(
    'alert?: string',
    'record?: string',
    'expr: IntOrString',
    'for?: string',
    'keep_firing_for?: string',
    'labels?: { [key: string]: string; }',
    'annotations?: { [key: string]: string; }',
  ),
};

/** `name: type`, with a question mark behind the name of a field that may be missing. */
function fields(...declarations: readonly string[]): Schema {
  return new Map(
    declarations.map((declaration) => {
      const [, name = '', optional, type = ''] = /^(\w+)(\?)?: (.+)$/.exec(declaration) ?? [];
      return [name, { type, required: optional === undefined }];
    }),
  );
}
