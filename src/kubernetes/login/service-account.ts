import { access } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type ProxyEnvironment, proxyFromEnvironment } from '../transport/proxy-choice.js';
import { parseServer } from '../transport/server-address.js';
import { readCredentialFile, readTokenFile } from './credential-file.js';
import { credentialsError } from './credentials-error.js';
import type { Login } from './login.js';

/** Where a kubelet puts a pod's token and CA. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

interface ServiceAccount {
  /** `SERVICE_ACCOUNT_FOLDER` outside of tests. */
  readonly folder: string;
  readonly environment: ProxyEnvironment;
  /** Instead of the address that the environment names. */
  readonly master: URL | undefined;
}

const SUBJECT = 'service account';

/** Logs in as the service account of the pod that this process runs in. */
export async function readServiceAccount({ folder, environment, master }: ServiceAccount): Promise<Login> {
  const server = master ?? serverFromEnvironment(environment);
  const token = await readTokenFile(join(folder, 'token'), { subject: SUBJECT, field: 'token' });
  const place = { subject: SUBJECT, field: join(folder, 'ca.crt') };
  const authority = {
    text: await readCredentialFile(place.field, { subject: SUBJECT, field: 'ca.crt' }),
    place,
  };
  return { ...anonymousLogin(server, environment), headers: { authorization: `Bearer ${token}` }, authority };
}

export async function hasServiceAccount(folder: string): Promise<boolean> {
  return access(join(folder, 'token')).then(
    () => true,
    () => false,
  );
}

/** Nobody in particular, at a server whose certificate a public authority has signed. */
export function anonymousLogin(server: URL, environment: ProxyEnvironment): Login {
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
