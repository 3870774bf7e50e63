import { describe, expect, it } from 'vitest';
import { CONFIG_FLAGS } from '../../src/config/config-flags.js';
import { type Configuration, configurationFrom } from '../../src/config/configuration.js';
import {
  configMap,
  containersOf,
  daemonSet,
  KUSTOMIZATIONS,
  type KustomizationName,
  rendered,
} from './support/deployments.js';
import { kindOf, nameOf } from './support/manifest.js';

/** Those that choose what to do and stand for no field. */
const OTHER_FLAGS = ['config', 'init-only'];

function configurationOf(name: KustomizationName): Configuration {
  const text = configMap(name).data?.['config.conf'];
  return configurationFrom({ file: 'config.conf', flags: [] }, text, 'node');
}

describe.each([
  'base',
  'overlays/beside-kube-proxy',
  'overlays/dual-stack',
  'overlays/dual-stack-monitoring',
  'overlays/monitoring',
] as const)('the configuration of %s', (name) => {
  const { settings, warnings } = configurationOf(name);
  const { main } = containersOf(daemonSet(name));
  const portOf = (called: string) => main.ports?.find((port) => port.name === called)?.containerPort;

  it('is accepted without a word of warning', () => {
    expect(warnings).toEqual([]);
  });

  it('comes to the ports that the DaemonSet names', () => {
    expect(settings.serving.health).toMatch(new RegExp(`:${portOf('health')}$`));
    expect(settings.serving.metrics).toMatch(new RegExp(`:${portOf('metrics')}$`));
  });

  it('follows the API server with the kubeconfig beside it', () => {
    expect(settings.source).toMatchObject({
      kind: 'api-server',
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
    });
  });
});

it('components change their own lines, alone and together', () => {
  const linesOf = (name: KustomizationName) => (configMap(name).data?.['config.conf'] ?? '').split('\n');
  const base = linesOf('base');
  const changed = (name: KustomizationName) =>
    linesOf(name).flatMap((line, index) => (line === base[index] ? [] : [`${base[index]} → ${line}`]));
  const dualStack = [
    'clusterCIDR: "" → clusterCIDR: 10.244.0.0/16,fd00:10:244::/56',
    'healthzBindAddress: 0.0.0.0:10256 → healthzBindAddress: "[::]:10256"',
  ];
  const monitoring = ['metricsBindAddress: 127.0.0.1:10249 → metricsBindAddress: 0.0.0.0:10249'];
  expect(changed('overlays/dual-stack')).toEqual(dualStack);
  expect(changed('overlays/monitoring')).toEqual(monitoring);
  expect(changed('overlays/dual-stack-monitoring')).toEqual([...dualStack, ...monitoring]);
});

it('both families and monitoring together have every object of either', () => {
  const objectsOf = (name: KustomizationName) =>
    rendered(name).map((manifest) => `${kindOf(manifest)} ${nameOf(manifest)}`);
  const together = objectsOf('overlays/dual-stack-monitoring');
  expect(together).toEqual(expect.arrayContaining(objectsOf('overlays/dual-stack')));
  expect(together).toEqual(expect.arrayContaining(objectsOf('overlays/monitoring')));
});

it('the trial serves the Services that name it, and no others', () => {
  expect(configurationOf('overlays/beside-kube-proxy').settings.serviceProxyName).toBe('kube-ipvs-proxy');
  expect(configurationOf('base').settings.serviceProxyName).toBeUndefined();
});

it.each(KUSTOMIZATIONS)('%s uses flags that the command line knows', (name) => {
  const { init, main } = containersOf(daemonSet(name));
  const known = [...CONFIG_FLAGS.map((flag) => flag.name), ...OTHER_FLAGS];
  for (const word of [...(init.args ?? []), ...(main.args ?? [])])
    expect(known).toContain(/^--([\w-]+)/.exec(word)?.[1]);
});
