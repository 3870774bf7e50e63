import type { ProxyEnvironment } from '../transport/proxy-choice.js';
import { parseServer } from '../transport/server-address.js';
import { Credentials, type CredentialsOptions } from './credentials.js';
import { KubeconfigLogin } from './kubeconfig-login.js';
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

/** What of this process' surroundings counts; a test has its own. */
export interface Surroundings {
  readonly environment: ProxyEnvironment;
  readonly serviceAccountFolder: string;
}

/** Reads nothing yet: the first `login()` does, and says what is wrong. A `master` that is none throws at once. */
export function openCredentials(
  { kubeconfig, master }: CredentialsSettings,
  options?: CredentialsOptions,
  { environment, serviceAccountFolder: folder }: Surroundings = {
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
