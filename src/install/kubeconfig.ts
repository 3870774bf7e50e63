import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { parse } from 'yaml';
import { InstallError } from './cluster-object.js';

interface KubeconfigChoice {
  /** Empty: as kubectl finds it, by KUBECONFIG or ~/.kube/config. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** As far as client-node does not read it. */
interface KubeconfigText {
  readonly users?: readonly { readonly name?: unknown; readonly user?: { readonly tokenFile?: unknown } }[];
}

/** As kubectl would find it. */
export async function loadKubeconfig({ kubeconfig, context }: KubeconfigChoice): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    if (kubeconfig) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
    if (context !== undefined) config.setCurrentContext(context);
    readTokenFile(config, kubeconfig ? [kubeconfig] : defaultFiles());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InstallError(
      `the kubeconfig cannot be read: ${why}.`,
      'Give another with --kubeconfig, or set KUBECONFIG.',
    );
  }
  return config;
}

// client-node reads a field `token-file`, which nobody writes, and passes over `tokenFile`. The file comes before a
// token that is written beside it, as with kubectl.
function readTokenFile(config: KubeConfig, files: readonly string[]): void {
  const current = config.getCurrentUser();
  if (current === null) return;
  for (const file of files) {
    const { users = [] } = (parse(readFileSync(file, 'utf8')) ?? {}) as KubeconfigText;
    const found = users.find(({ name }) => name === current.name);
    if (found === undefined) continue;
    const tokenFile = found.user?.tokenFile;
    if (typeof tokenFile !== 'string' || tokenFile === '') return;
    const token = readFileSync(resolve(dirname(file), tokenFile), 'utf8').trim();
    config.users = config.users.map((user) => (user.name === current.name ? { ...user, token } : user));
    return;
  }
}

function defaultFiles(): string[] {
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const ofHome = join(homedir(), '.kube', 'config');
  return named.length > 0 ? named : [ofHome].filter((file) => existsSync(file));
}
