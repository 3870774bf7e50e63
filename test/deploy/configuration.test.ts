import { describe, expect, it } from 'vitest';
import { CONFIG_FLAGS } from '../../src/config/config-flags.js';
import { type Configuration, configurationFrom } from '../../src/config/configuration.js';
import {
  configMap,
  containersOf,
  daemonSet,
  KUSTOMIZATIONS,
  type KustomizationName,
} from './support/deployments.js';

/** Those that choose what to do and stand for no field. */
const OTHER_FLAGS = ['config', 'init-only'];

function configurationOf(name: KustomizationName): Configuration {
  const text = configMap(name).data?.['config.conf'];
  return configurationFrom({ file: 'config.conf', flags: [] }, text, 'node');
}

describe.each(['base', 'overlays/beside-kube-proxy', 'overlays/dual-stack', 'overlays/monitoring'] as const)(
  'the configuration of %s',
  (name) => {
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
  },
);

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
