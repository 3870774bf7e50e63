import { resolve } from 'node:path';
import {
  type ProxyEnvironment,
  parseProxy,
  parseServer,
  proxyFromEnvironment,
} from '../transport/server-address.js';
import { checkedToken, readCredentialFile, readTokenFile } from './credential-file.js';
import { credentialsError, type Place } from './credentials-error.js';
import type { Kubeconfig, KubeconfigSection } from './kubeconfig.js';
import type { Login, LoginHeaders, Pair, Pem } from './login.js';

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
async function readPem(
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

/** Who we are, as far as the file itself says; plugins are asked by `PluginLogin`. */
export interface UserPart {
  readonly headers: LoginHeaders;
  readonly pair: Pair | undefined;
}

export async function readUser({ user, folder, subject }: Kubeconfig): Promise<UserPart> {
  if (user === undefined) return { headers: {}, pair: undefined };
  return {
    headers: { ...(await authorization(user, folder)), ...impersonation(user) },
    pair: await readPair(user, folder, subject),
  };
}

async function readPair(user: KubeconfigSection, folder: string, subject: string): Promise<Pair | undefined> {
  const certificate = await readPem(user, 'client-certificate', folder, subject);
  const key = await readPem(user, 'client-key', folder, subject);
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (certificate === undefined && key === undefined) return undefined;
  const missing = certificate === undefined ? 'client-certificate' : 'client-key';
  throw credentialsError(user.place(missing), 'is not set although its other half is.', 'Give both or none.');
}

// The file comes first: a rotated token is newer than the one that was written beside it.
async function authorization(user: KubeconfigSection, folder: string): Promise<LoginHeaders> {
  const file = user.text('tokenFile');
  if (file !== undefined) {
    const token = await readTokenFile(resolve(folder, file), user.place('tokenFile'));
    return { authorization: `Bearer ${token}` };
  }
  const token = user.text('token');
  if (token !== undefined) return { authorization: `Bearer ${checkedToken(token, user.place('token'))}` };
  const name = user.text('username');
  if (name === undefined) return {};
  const basic = Buffer.from(`${name}:${user.text('password') ?? ''}`).toString('base64');
  return { authorization: `Basic ${basic}` };
}

function impersonation(user: KubeconfigSection): LoginHeaders {
  const groups = user.texts('as-groups');
  const extra = user.section('as-user-extra');
  const uid = user.text('as-uid');
  const name = user.text('as');
  if (name === undefined) {
    if (groups.length === 0 && extra === undefined && uid === undefined) return {};
    throw credentialsError(user.place('as'), 'is not set although other as-… fields are.', 'Name the user.');
  }
  const checked = (field: string, value: string) => headerValue(value, user.place(field));
  return {
    'impersonate-user': checked('as', name),
    ...(uid === undefined ? {} : { 'impersonate-uid': checked('as-uid', uid) }),
    ...(groups.length === 0
      ? {}
      : { 'impersonate-group': groups.map((group) => checked('as-groups', group)) }),
    ...extraHeaders(extra),
  };
}

function extraHeaders(extra: KubeconfigSection | undefined): LoginHeaders {
  const entries = extra?.keys.map((key) => [
    `impersonate-extra-${headerName(key)}`,
    extra.texts(key).map((value) => headerValue(value, extra.place(key))),
  ]);
  return Object.fromEntries(entries ?? []);
}

// The server undoes the escaping. What may stand in the name of a header: RFC 9110, 5.6.2.
function headerName(key: string): string {
  const legal = /[a-z0-9!#$&'*+.^_`|~-]/;
  const characters = [...Buffer.from(key.toLowerCase())].map((byte) => {
    const character = String.fromCharCode(byte);
    return legal.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  });
  return characters.join('');
}

function headerValue(value: string, place: Place): string {
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  throw credentialsError(
    place,
    'holds characters that no header can carry, or none.',
    'Use printable ASCII.',
  );
}
