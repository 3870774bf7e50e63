import type { ProxyEnvironment } from '../transport/proxy-choice.js';
import { readCredentialFile } from './credential-file.js';
import { type Kubeconfig, kubeconfigSubject, parseKubeconfig } from './kubeconfig.js';
import { readCluster } from './kubeconfig-cluster.js';
import { readUser } from './kubeconfig-user.js';
import type { Login } from './login.js';
import { PluginLogin } from './plugin-login.js';

/**
 * Logs in as the current context of a kubeconfig says. The file is read every time, so that a replaced one takes
 * effect; a plugin's answer outlives that while the file stays as it is.
 */
export class KubeconfigLogin {
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
