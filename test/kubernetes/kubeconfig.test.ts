import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issue } from '../../lab/api-server/certificates.js';
import type { Credentials } from '../../src/kubernetes/login/credentials.js';
import { type CredentialsSettings, openCredentials } from '../../src/kubernetes/login/open-credentials.js';
import { AUTHORITY } from './https-server.js';
import { LoginFiles } from './login-files.js';

const SERVER = 'https://192.0.2.10:6443';

let files: LoginFiles;
let environment: Record<string, string>;

beforeEach(() => {
  files = new LoginFiles();
  environment = {};
});
afterEach(() => {
  files.clear();
});

function open(settings: CredentialsSettings): Credentials {
  return openCredentials(settings, { maxAge: 0 }, { environment, serviceAccountFolder: files.folder });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('a kubeconfig', () => {
  function read(cluster: object, user?: object) {
    return open({ kubeconfig: files.kubeconfig(cluster, user) }).login();
  }

  function refusal(cluster: object, user?: object): Promise<string> {
    return read(cluster, user).then(
      () => 'good',
      (error: Error) => error.message.replaceAll(files.folder, '/k'),
    );
  }

  it('as kubeadm writes it for kube-proxy: CA and token in files', async () => {
    const ca = files.write('ca.crt', AUTHORITY.cert);
    const token = files.write('token', 'token-1\n');
    const login = await read({ server: SERVER, 'certificate-authority': ca }, { tokenFile: token });
    expect(login).toMatchObject({ server: new URL(SERVER), headers: { authorization: 'Bearer token-1' } });
    expect(login.authority?.text.toString()).toBe(AUTHORITY.cert);
    expect([login.verify, login.gzip, login.serverName, login.proxy]).toEqual([
      true,
      true,
      undefined,
      undefined,
    ]);
  });

  it('names files from its own folder on', async () => {
    files.write('ca.crt', AUTHORITY.cert);
    files.write('token', 'token-1');
    const login = await read({ server: SERVER, 'certificate-authority': './ca.crt' }, { tokenFile: 'token' });
    expect(login.headers).toEqual({ authorization: 'Bearer token-1' });
  });

  it('prefers a token file, which is renewed, to the token that was written beside it', async () => {
    files.write('token', 'newer');
    const { headers } = await read({ server: SERVER }, { tokenFile: 'token', token: 'older' });
    expect(headers).toEqual({ authorization: 'Bearer newer' });
  });

  it('holds certificates as data or as files, and data count first', async () => {
    const { cert, key } = issue(AUTHORITY, { name: 'node' });
    const data = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    const named = { 'client-certificate': files.write('c', cert), 'client-key': files.write('k', key) };
    for (const user of [data, named, { ...data, 'client-certificate': '/none', 'client-key': '/none' }]) {
      const { pair } = await read(
        { server: SERVER, 'certificate-authority-data': base64(AUTHORITY.cert) },
        user,
      );
      expect([pair?.certificate.text.toString(), pair?.key.text.toString()]).toEqual([cert, key]);
    }
  });

  it('says how to get there', async () => {
    const login = await read({
      server: `${SERVER}/k8s/`,
      'insecure-skip-tls-verify': true,
      'tls-server-name': 'kubernetes',
      'proxy-url': 'http://192.0.2.9:3128',
      'disable-compression': true,
    });
    expect(login).toMatchObject({ verify: false, serverName: 'kubernetes', gzip: false, headers: {} });
    expect(login.proxy?.host).toBe('192.0.2.9:3128');
  });

  it('says as whom to act', async () => {
    const { headers } = await read(
      { server: SERVER },
      {
        username: 'ü',
        password: 'p',
        as: 'someone',
        'as-uid': 'u-1',
        'as-groups': ['g1', 'g2'],
        'as-user-extra': { 'Example.org/(ü)': ['x', 'y'] },
      },
    );
    expect(headers).toEqual({
      authorization: `Basic ${base64('ü:p')}`,
      'impersonate-user': 'someone',
      'impersonate-uid': 'u-1',
      'impersonate-group': ['g1', 'g2'],
      'impersonate-extra-example.org%2f%28%c3%bc%29': ['x', 'y'],
    });
  });

  it('gives way to --master for the address, and keeps the rest', async () => {
    files.kubeconfig({ server: SERVER }, { token: 'token-1' });
    const login = await open({ kubeconfig: files.path('kubeconfig'), master: '192.0.2.77:6443' }).login();
    expect([login.server.href, login.headers.authorization]).toEqual([
      'https://192.0.2.77:6443/',
      'Bearer token-1',
    ]);
  });

  it('that was replaced takes effect', async () => {
    const credentials = open({ kubeconfig: files.kubeconfig({ server: SERVER }, { token: 'token-1' }) });
    await credentials.login();
    files.kubeconfig({ server: 'https://192.0.2.20' }, { token: 'token-2' });
    const { server, headers } = await credentials.login();
    expect([server.hostname, headers.authorization]).toEqual(['192.0.2.20', 'Bearer token-2']);
  });

  it('that was replaced by rubbish leaves the last good one in use', async () => {
    const credentials = open({ kubeconfig: files.kubeconfig({ server: SERVER }, { token: 'token-1' }) });
    const before = await credentials.login();
    files.write('kubeconfig', 'a: [');
    expect(await credentials.login()).toBe(before);
    expect(credentials.problems[0]?.message).toMatch(
      /^is not valid YAML \(line 1, column \d: \w+\); what was read before stays in use\.$/,
    );
  });

  it.each<[string, object, object, string]>([
    [
      'a CA file that is not there',
      { server: SERVER, 'certificate-authority': 'ca.crt' },
      {},
      'clusters[1].cluster.certificate-authority: the file "/k/ca.crt" does not exist (ENOENT). Create or mount it, or correct the path.',
    ],
    [
      'a token file that is not there',
      { server: SERVER },
      { tokenFile: '/var/none' },
      'users[0].user.tokenFile: the file "/var/none" does not exist (ENOENT). Create or mount it, or correct the path.',
    ],
    [
      'a client certificate without its key',
      { server: SERVER },
      { 'client-certificate-data': base64(AUTHORITY.cert) },
      'users[0].user.client-key: is not set although its other half is. Give both or none.',
    ],
    ['no server', {}, {}, 'clusters[1].cluster.server: is not set. Write it as https://HOST:PORT.'],
    [
      'a server that is none',
      { server: 'https://' },
      {},
      'clusters[1].cluster.server: is no address. Write it as https://HOST:PORT.',
    ],
    [
      'a password in the address',
      { server: 'https://me:hush@192.0.2.10' },
      {},
      'clusters[1].cluster.server: holds a user name or password, which would end up in logs. Put the credentials into the user of the kubeconfig.',
    ],
    [
      'a CA that is not to be used',
      { server: SERVER, 'certificate-authority-data': 'eA==', 'insecure-skip-tls-verify': true },
      {},
      'clusters[1].cluster.insecure-skip-tls-verify: is true although a certificate authority is given. Remove one of the two.',
    ],
    [
      'a SOCKS proxy',
      { server: SERVER, 'proxy-url': 'socks5://192.0.2.9:1080' },
      {},
      'clusters[1].cluster.proxy-url: names a socks5 proxy, which this program cannot use. Use an http:// or https:// proxy, or none.',
    ],
    [
      'a token that is a number',
      { server: SERVER },
      { token: 4711 },
      'users[0].user.token: is a number, not text. Write text.',
    ],
    [
      'a token that would forge a header',
      { server: SERVER },
      { token: 'a\nx-remote-user: root' },
      'users[0].user.token: the token holds characters that no token has. Put a bearer token there, on one line.',
    ],
    [
      'a user to act as that would forge a header',
      { server: SERVER },
      { as: 'a\nb' },
      'users[0].user.as: holds characters that no header can carry, or none. Use printable ASCII.',
    ],
    [
      'groups without a user to act as',
      { server: SERVER },
      { 'as-groups': ['system:masters'] },
      'users[0].user.as: is not set although other as-… fields are. Name the user.',
    ],
  ])('with %s says where and what to do', async (_, cluster, user, message) => {
    const text = await refusal(cluster, user);
    expect(text).toBe(`kubeconfig "/k/kubeconfig", ${message}`);
    expect(text).not.toMatch(/hush|4711|x-remote-user/);
  });

  it.each([
    ['', 'kubeconfig "/k/kubeconfig": is no mapping of names to values. Write it as a kubeconfig has it.'],
    ['{}', 'kubeconfig "/k/kubeconfig", current-context: is not set. Complete the file.'],
    [
      'current-context: prod',
      'kubeconfig "/k/kubeconfig", current-context: names "prod", which is not in contexts. Complete the file.',
    ],
    [
      'current-context: a\ncontexts: [{name: a, context: {}}]',
      'kubeconfig "/k/kubeconfig", contexts[0].context.cluster: names no cluster. Complete the file.',
    ],
    [
      'current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: none',
      'kubeconfig "/k/kubeconfig", clusters: is a string, not a list. Write a list.',
    ],
    [
      'current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: x}}]',
      'kubeconfig "/k/kubeconfig", contexts[0].context.user: names "u", which is not in users. Complete the file.',
    ],
    [
      'users:\n- user: {token: hush, token: hush}',
      'kubeconfig "/k/kubeconfig": is not valid YAML (line 2, column 23: DUPLICATE_KEY). Correct the file.',
    ],
  ])('that reads %j says what is missing', async (text, message) => {
    const kubeconfig = files.write('kubeconfig', text);
    const error = await open({ kubeconfig })
      .login()
      .catch((reason: Error) => reason);
    expect((error as Error).message.replaceAll(files.folder, '/k')).toBe(message);
  });

  it('that is not there says so', async () => {
    await expect(open({ kubeconfig: '/none/kubeconfig' }).login()).rejects.toThrow(
      'kubeconfig "/none/kubeconfig": the file "/none/kubeconfig" does not exist (ENOENT).',
    );
  });
});

describe('a pod without a kubeconfig', () => {
  beforeEach(() => {
    environment = { KUBERNETES_SERVICE_HOST: '192.0.2.10', KUBERNETES_SERVICE_PORT: '6443' };
    files.write('token', 'pod-token\n');
    files.write('ca.crt', AUTHORITY.cert);
  });

  it('logs in with its service account where the environment says', async () => {
    const login = await open({ kubeconfig: '' }).login();
    expect([login.server.href, login.headers]).toEqual([
      'https://192.0.2.10:6443/',
      { authorization: 'Bearer pod-token' },
    ]);
    expect(login.authority?.text.toString()).toBe(AUTHORITY.cert);
  });

  it('finds an IPv6 server', async () => {
    environment.KUBERNETES_SERVICE_HOST = '2001:db8::1';
    expect((await open({}).login()).server.href).toBe('https://[2001:db8::1]:6443/');
  });

  it('takes --master for the address', async () => {
    const login = await open({ master: 'https://192.0.2.77' }).login();
    expect([login.server.host, login.headers.authorization]).toEqual(['192.0.2.77', 'Bearer pod-token']);
  });

  it('that has no service account either asks a --master as nobody', async () => {
    files.remove('token');
    const login = await open({ master: 'http://127.0.0.1:8001' }).login();
    expect([login.server.href, login.headers]).toEqual(['http://127.0.0.1:8001/', {}]);
  });

  it('never falls back to an address that nobody named', async () => {
    environment = {};
    await expect(open({}).login()).rejects.toThrow(
      'environment, KUBERNETES_SERVICE_HOST: is not set, and no kubeconfig is named. Set clientConnection.kubeconfig, or run in a pod with a service account.',
    );
  });

  it('without its token, or with an empty one, says so', async () => {
    files.write('token', '\n');
    await expect(open({}).login()).rejects.toThrow(
      /^service account, token: the token in the file .* is empty\./,
    );
    files.remove('token');
    await expect(open({}).login()).rejects.toThrow(/^service account, token: the file .* does not exist/);
  });
});

describe('--master', () => {
  it('is refused at once where it is no address', () => {
    expect(() => open({ master: 'ftp://192.0.2.1' })).toThrow('command line, --master: is no address.');
  });
});
