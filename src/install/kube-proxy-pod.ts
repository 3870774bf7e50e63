import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type ClusterObject, InstallError } from './cluster-object.js';

/** What of a pod of kube-proxy decides how we take its place. */
export interface KubeProxyPod {
  readonly container: V1Container;
  /** `kube-proxy` and everything behind it, wherever the pod says it. */
  readonly words: readonly string[];
  /** The ConfigMap and the key in it that `--config` leads to; undefined where there are only flags. */
  readonly config: ConfigPlace | undefined;
}

interface ConfigPlace {
  readonly name: string;
  readonly key: string;
}

/** Throws InstallError where no container runs kube-proxy. */
export function kubeProxyPod(spec: V1PodSpec, title: string): KubeProxyPod {
  for (const container of spec.containers) {
    // kops has a shell start it, so that one word may be a whole command line.
    const words = [...(container.command ?? []), ...(container.args ?? [])].flatMap((word) =>
      word.split(/\s+/),
    );
    if (words.some(isKubeProxy) || container.name === 'kube-proxy')
      return { container, words, config: configPlace(spec, container, words) };
  }
  throw new InstallError(`${title} has no container that runs kube-proxy.`, 'Write the manifest by hand.');
}

/** `kube-proxy`, by whatever path. */
export function isKubeProxy(word: string): boolean {
  return /^(\/\S*\/)?kube-proxy$/.test(word);
}

/** The value of `--name=value` or `--name value`. */
function flagOf(words: readonly string[], name: string): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word.startsWith(`--${name}=`)) return word.slice(name.length + 3);
    if (word === `--${name}`) return words[index + 1];
  }
  return undefined;
}

function configPlace(
  spec: V1PodSpec,
  container: V1Container,
  words: readonly string[],
): ConfigPlace | undefined {
  const file = flagOf(words, 'config');
  const mount = container.volumeMounts?.find(({ mountPath }) => file?.startsWith(mountPath));
  const volume = spec.volumes?.find(({ name }) => name === mount?.name)?.configMap;
  if (file === undefined || mount === undefined || volume?.name === undefined) return undefined;
  const path = file.slice(mount.mountPath.length).replace(/^\//, '');
  const key = volume.items?.find((item) => item.path === path)?.key ?? path;
  return { name: volume.name, key };
}

/** How kube-proxy is set up, from its file or else from its flags. */
export interface KubeProxySetting {
  readonly mode: string;
  readonly healthz: { readonly host: string | undefined; readonly port: number };
}

const HEALTHZ_PORT = 10256;

export function kubeProxySetting(
  { words, config }: KubeProxyPod,
  configMap: ClusterObject | undefined,
): KubeProxySetting {
  const file = config === undefined ? {} : documentOf(configMap, config);
  const mode = textOf(file.mode) ?? flagOf(words, 'proxy-mode') ?? '';
  return {
    mode,
    healthz: addressOf(textOf(file.healthzBindAddress) ?? flagOf(words, 'healthz-bind-address') ?? ''),
  };
}

function documentOf(configMap: ClusterObject | undefined, { key }: ConfigPlace): Record<string, unknown> {
  const data = configMap?.data as Readonly<Record<string, string>> | undefined;
  const text = data?.[key];
  return text === undefined ? {} : ((parse(text) ?? {}) as Record<string, unknown>);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `127.0.0.1`, `0.0.0.0:10256`, `[::1]:10256`; every address is no certain one. */
function addressOf(text: string): { host: string | undefined; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  const isAny = ['', '0.0.0.0', '::'].includes(host);
  return { host: isAny ? undefined : host, port: port === undefined ? HEALTHZ_PORT : Number(port) };
}
