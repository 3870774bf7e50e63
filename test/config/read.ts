import { ConfigError } from '../../src/config/config-error.js';
import { CONFIG_FLAGS } from '../../src/config/config-flags.js';
import { type Configuration, configurationFrom } from '../../src/config/configuration.js';
import { flagValue } from '../../src/config/given-flags.js';
import { problemText } from '../../src/model/problem.js';

export const PROXY =
  'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n';
export const OWN = 'apiVersion: kube-ipvs-proxy.io/v1alpha1\nkind: KubeIpvsProxyConfiguration\n';

/** A file's text and flags, as `{ 'ipvs-scheduler': 'wrr' }`, on a machine called Node-7. */
export function read(
  text: string | undefined,
  flags: Readonly<Record<string, string>> = {},
  strict = false,
): Configuration {
  const given = Object.entries(flags).map(([name, value]) => {
    const flag = CONFIG_FLAGS.find((known) => known.name === name);
    if (flag === undefined) throw new Error(`no such flag: ${name}`);
    return { flag, value: flagValue(flag.value, value, undefined) };
  });
  const file = text === undefined ? undefined : 'config.conf';
  return configurationFrom({ file, flags: given, strict }, text, 'Node-7');
}

/** The sentences of what is wrong; empty where nothing is. */
export function complaints(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(problemText);
    throw error;
  }
}
