import { access } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type ProxyEnvironment, parseServer, proxyFromEnvironment } from '../transport/server-address.js';
import { readCredentialFile, readTokenFile } from './credential-file.js';
import { Credentials, type CredentialsOptions } from './credentials.js';
import { credentialsError } from './credentials-error.js';
import { type Kubeconfig, kubeconfigSubject, parseKubeconfig } from './kubeconfig.js';
import { readCluster, readUser } from './kubeconfig-login.js';
import type { Login } from './login.js';
import { PluginLogin } from './plugin-login.js';

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
    return new Credentials((refused) => login.read(refused), options);
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

  async read(refused: boolean): Promise<Login> {
    const kubeconfig = await this.#current();
    if (refused) this.#plugin?.forget();
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

/** Where a kubelet puts a pod's token and CA. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

interface ServiceAccount {
  /** `SERVICE_ACCOUNT_FOLDER` outside of tests. */
  readonly folder: string;
  readonly environment: ProxyEnvironment;
  /** Instead of the address that the environment names. */
  readonly master: URL | undefined;
}

const SUBJECT = 'service account';

/** Logs in as the service account of the pod that this process runs in. */
async function readServiceAccount({ folder, environment, master }: ServiceAccount): Promise<Login> {
  const server = master ?? serverFromEnvironment(environment);
  const token = await readTokenFile(join(folder, 'token'), { subject: SUBJECT, field: 'token' });
  const place = { subject: SUBJECT, field: join(folder, 'ca.crt') };
  const authority = {
    text: await readCredentialFile(place.field, { subject: SUBJECT, field: 'ca.crt' }),
    place,
  };
  return { ...anonymousLogin(server, environment), headers: { authorization: `Bearer ${token}` }, authority };
}

async function hasServiceAccount(folder: string): Promise<boolean> {
  return access(join(folder, 'token')).then(
    () => true,
    () => false,
  );
}

/** Without credentials, at a server whose certificate a public authority has signed. */
function anonymousLogin(server: URL, environment: ProxyEnvironment): Login {
  return {
    server,
    headers: {},
    authority: undefined,
    verify: true,
    serverName: undefined,
    pair: undefined,
    proxy: proxyFromEnvironment(server, environment),
    gzip: true,
  };
}

function serverFromEnvironment(environment: ProxyEnvironment): URL {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const field = host ? 'KUBERNETES_SERVICE_PORT' : 'KUBERNETES_SERVICE_HOST';
  if (host && port) {
    const place = { subject: 'environment', field: 'KUBERNETES_SERVICE_HOST' };
    return parseServer(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, place);
  }
  const message = 'is not set, and no kubeconfig is named.';
  const remedy = 'Set clientConnection.kubeconfig, or run in a pod with a service account.';
  throw credentialsError({ subject: 'environment', field }, message, remedy);
}
