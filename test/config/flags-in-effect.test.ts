import { describe, expect, it } from 'vitest';
import { CONFIG_FLAGS } from '../../src/config/config-flags.js';
import { configurationFrom, flagsInEffect } from '../../src/config/configuration.js';

const FILE = [
  'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
  'kind: KubeProxyConfiguration',
  'mode: ipvs',
  'clusterCIDR: 10.244.0.0/16',
  'ipvs: {excludeCIDRs: [192.0.2.0/24, 198.51.100.0/24]}',
].join('\n');

describe('the flags in effect', () => {
  it('are the fields that they stand for, whoever set them, and what was given without effect', () => {
    const flag = CONFIG_FLAGS.find(({ field }) => field === undefined);
    if (flag === undefined) throw new Error('no flag is without effect');
    const source = { file: 'config.conf', flags: [{ flag, value: true }] };
    const flags = flagsInEffect(configurationFrom(source, FILE, 'node-1'));
    expect(flags).toMatchObject({
      'cluster-cidr': '10.244.0.0/16',
      'ipvs-exclude-cidrs': '[192.0.2.0/24,198.51.100.0/24]',
      'proxy-mode': 'ipvs',
      adopt: 'false',
      [flag.name]: 'true',
    });
  });
});
