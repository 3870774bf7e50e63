import { resolve } from 'node:path';
import { checkedToken, readTokenFile } from './credential-file.js';
import { credentialsError, type Place } from './credentials-error.js';
import type { Kubeconfig } from './kubeconfig.js';
import { readPem } from './kubeconfig-cluster.js';
import type { KubeconfigSection } from './kubeconfig-section.js';
import type { LoginHeaders, Pair } from './login.js';

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
