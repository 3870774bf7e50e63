import { describe, expect, it } from 'vitest';
import { KUSTOMIZATIONS, rendered } from './support/deployments.js';
import { kindOf, nameOf } from './support/manifest.js';
import { schemaComplaints } from './support/schema-check.js';

describe.each(KUSTOMIZATIONS)('%s', (name) => {
  const manifests = rendered(name);

  it.each(manifests.map((manifest) => [`${kindOf(manifest)} ${nameOf(manifest)}`, manifest] as const))(
    'has a %s that the API server takes',
    (_, manifest) => {
      expect(schemaComplaints(manifest.toJS())).toEqual([]);
    },
  );

  it('has no object twice', () => {
    const names = manifests.map((manifest) => `${kindOf(manifest)} ${nameOf(manifest)}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the schema check finds', () => {
  const daemonSet = () => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    spec: {
      selector: {},
      template: {
        metadata: {},
        spec: { containers: [{ name: 'one', ports: [{ containerPort: 80 }] }] as object[] },
      },
    },
  });
  const withContainer = (container: object) => {
    const set = daemonSet();
    set.spec.template.spec.containers = [container];
    return schemaComplaints(set);
  };

  it('nothing wrong with what is right', () => {
    expect(schemaComplaints(daemonSet())).toEqual([]);
  });

  it('a kind that nobody knows', () => {
    expect(schemaComplaints({ apiVersion: 'apps/v1beta1', kind: 'DaemonSet' })).toEqual([
      'no schema is known for apps/v1beta1/DaemonSet',
    ]);
  });

  it('a field that is spelt wrong', () => {
    expect(withContainer({ name: 'one', livenesProbe: {} })).toEqual([
      'DaemonSet.spec.template.spec.containers[0].livenesProbe: there is no such field',
    ]);
  });

  it('a required field that is missing', () => {
    expect(withContainer({ image: 'one' })).toEqual([
      'DaemonSet.spec.template.spec.containers[0].name: is missing',
    ]);
  });

  it('a number where a text belongs, and the other way round', () => {
    expect(withContainer({ name: 1, ports: [{ containerPort: '80' }] })).toEqual([
      'DaemonSet.spec.template.spec.containers[0].name: expected string, found 1',
      'DaemonSet.spec.template.spec.containers[0].ports[0].containerPort: expected number, found "80"',
    ]);
  });

  it('a list where a mapping belongs, and the other way round', () => {
    expect(withContainer({ name: 'one', env: {}, securityContext: [] })).toEqual([
      'DaemonSet.spec.template.spec.containers[0].env: expected a list, found {}',
      'DaemonSet.spec.template.spec.containers[0].securityContext: expected a mapping, found []',
    ]);
  });

  it('a number where a port has a number or a name, but a fraction', () => {
    expect(withContainer({ name: 'one', livenessProbe: { httpGet: { port: 1.5 } } })).toEqual([
      'DaemonSet.spec.template.spec.containers[0].livenessProbe.httpGet.port: expected IntOrString, found 1.5',
    ]);
  });
});
