import { resolve } from 'node:path';
import { type ProxyEnvironment, proxyFromEnvironment } from '../transport/proxy-choice.js';
import { parseProxy, parseServer } from '../transport/server-address.js';
import { readCredentialFile } from './credential-file.js';
import { credentialsError } from './credentials-error.js';
import type { Kubeconfig } from './kubeconfig.js';
import type { KubeconfigSection } from './kubeconfig-section.js';
import type { Login } from './login.js';
import type { Pem } from './pem.js';

type ClusterPart = Omit<Login, 'headers' | 'pair'>;

/** What the `cluster` of a kubeconfig says about the way to the server. `master` replaces its address. */
export async function readCluster(
  { cluster, folder, subject }: Kubeconfig,
  master: URL | undefined,
  environment: ProxyEnvironment,
): Promise<ClusterPart> {
  const server = master ?? serverOf(cluster);
  const proxy = cluster.text('proxy-url');
  return {
    server,
    authority: await readPem(cluster, 'certificate-authority', folder, subject),
    verify: verified(cluster),
    serverName: cluster.text('tls-server-name'),
    proxy:
      proxy === undefined
        ? proxyFromEnvironment(server, environment)
        : parseProxy(proxy, cluster.place('proxy-url')),
    gzip: !cluster.flag('disable-compression'),
  };
}

/** The PEM in the field `NAME-data`, in base64, or in the file that the field NAME names. Data counts first. */
export async function readPem(
  section: KubeconfigSection,
  name: string,
  folder: string,
  subject: string,
): Promise<Pem | undefined> {
  const encoded = section.text(`${name}-data`);
  if (encoded !== undefined) {
    return { text: Buffer.from(encoded, 'base64'), place: section.place(`${name}-data`) };
  }
  const path = section.text(name);
  if (path === undefined) return undefined;
  const file = resolve(folder, path);
  const text = await readCredentialFile(file, section.place(name));
  return { text, place: { subject, field: `${section.place(name).field} (${file})` } };
}

function serverOf(cluster: KubeconfigSection): URL {
  const text = cluster.text('server');
  if (text !== undefined) return parseServer(text, cluster.place('server'));
  throw credentialsError(cluster.place('server'), 'is not set.', 'Write it as https://HOST:PORT.');
}

// The two together are a mistake that would leave the CA without effect; other clients refuse it as well.
function verified(cluster: KubeconfigSection): boolean {
  const insecure = cluster.flag('insecure-skip-tls-verify');
  const authority = cluster.text('certificate-authority-data') ?? cluster.text('certificate-authority');
  if (!insecure || authority === undefined) return !insecure;
  const place = cluster.place('insecure-skip-tls-verify');
  throw credentialsError(
    place,
    'is true although a certificate authority is given.',
    'Remove one of the two.',
  );
}
