import type { ProxyEnvironment } from '../transport/proxy-choice.js';
import { parseServer } from '../transport/server-address.js';
import { readCredentialFile } from './credential-file.js';
import { Credentials, type CredentialsOptions } from './credentials.js';
import { type Kubeconfig, kubeconfigSubject, parseKubeconfig } from './kubeconfig.js';
import { readCluster } from './kubeconfig-cluster.js';
import { readUser } from './kubeconfig-user.js';
import type { Login } from './login.js';
import { PluginLogin } from './plugin-login.js';
import {
  anonymousLogin,
  hasServiceAccount,
  readServiceAccount,
  SERVICE_ACCOUNT_FOLDER,
} from './service-account.js';

/** Where the credentials are, as kube-proxy's configuration says it. */
export interface CredentialsSettings {
  /** Path of a kubeconfig (`clientConnection.kubeconfig`); undefined or empty: the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Address of the API server instead of the one that is found (`--master`). */
  readonly master?: string | undefined;
}

/** What of this process' environment counts; a test has its own. */
interface LoginEnvironment {
  readonly environment: ProxyEnvironment;
  readonly serviceAccountFolder: string;
}

/** Reads nothing yet: the first `login()` does, and says what is wrong. A `master` that is none throws at once. */
export function openCredentials(
  { kubeconfig, master }: CredentialsSettings,
  options?: CredentialsOptions,
  { environment, serviceAccountFolder: folder }: LoginEnvironment = {
    environment: process.env,
    serviceAccountFolder: SERVICE_ACCOUNT_FOLDER,
  },
): Credentials {
  const server = master ? parseServer(master, { subject: 'command line', field: '--master' }) : undefined;
  if (kubeconfig) {
    const login = new KubeconfigLogin(kubeconfig, server, environment);
    return new Credentials((doubted) => login.read(doubted), options);
  }
  return new Credentials(async () => {
    // A bare address outside of a pod is a proxy or a test server that wants no credentials.
    if (server !== undefined && !(await hasServiceAccount(folder)))
      return anonymousLogin(server, environment);
    return readServiceAccount({ folder, environment, master: server });
  }, options);
}

/**
 * Logs in as the current context of a kubeconfig says. The file is read every time, so that a replaced one takes
 * effect; a plugin's answer outlives that while the file stays as it is.
 */
class KubeconfigLogin {
  readonly #path: string;
  readonly #master: URL | undefined;
  readonly #environment: ProxyEnvironment;
  #text: string | undefined;
  #kubeconfig: Kubeconfig | undefined;
  #plugin: PluginLogin | undefined;

  constructor(path: string, master: URL | undefined, environment: ProxyEnvironment) {
    this.#path = path;
    this.#master = master;
    this.#environment = environment;
  }

  async read(doubted: boolean): Promise<Login> {
    const kubeconfig = await this.#current();
    if (doubted) this.#plugin?.forget();
    const cluster = await readCluster(kubeconfig, this.#master, this.#environment);
    const own = await readUser(kubeconfig);
    const plugin = await this.#plugin?.read();
    return {
      ...cluster,
      headers: { ...plugin?.headers, ...own.headers },
      pair: own.pair ?? plugin?.pair,
    };
  }

  async #current(): Promise<Kubeconfig> {
    const bytes = await readCredentialFile(this.#path, { subject: kubeconfigSubject(this.#path) });
    const text = bytes.toString('utf8');
    if (this.#kubeconfig === undefined || text !== this.#text) {
      this.#kubeconfig = parseKubeconfig(text, this.#path);
      this.#plugin = PluginLogin.of(this.#kubeconfig);
      this.#text = text;
    }
    return this.#kubeconfig;
  }
}
