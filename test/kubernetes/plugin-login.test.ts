import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issue } from '../../lab/api-server/certificates.js';
import { parseKubeconfig } from '../../src/kubernetes/login/kubeconfig.js';
import { openCredentials } from '../../src/kubernetes/login/open-credentials.js';
import { PluginLogin } from '../../src/kubernetes/login/plugin-login.js';
import { AUTHORITY } from './https-server.js';
import { LoginFiles } from './login-files.js';

const SERVER = 'https://192.0.2.10:6443';
const API_VERSION = 'client.authentication.k8s.io/v1';

describe('an exec plugin', () => {
  let files: LoginFiles;

  beforeEach(() => {
    files = new LoginFiles();
  });
  afterEach(() => {
    files.clear();
  });

  function answering(status: object): string {
    return `cat <<'E'\n${JSON.stringify({ apiVersion: API_VERSION, kind: 'ExecCredential', status })}\nE`;
  }

  function open(exec: object) {
    const kubeconfig = files.kubeconfig({ server: SERVER }, { exec: { apiVersion: API_VERSION, ...exec } });
    return openCredentials({ kubeconfig }, { maxAge: 0 }, { environment: {}, serviceAccountFolder: '/none' });
  }

  function refusal(exec: object): Promise<string> {
    return open(exec)
      .login()
      .then(
        () => 'good',
        (error: Error) => error.message.replaceAll(files.folder, '/k'),
      );
  }

  it('gives a token, and lies in the folder of the kubeconfig where it is named so', async () => {
    files.script('plugin', answering({ token: 'from-plugin' }));
    const { headers } = await open({ command: './plugin' }).login();
    expect(headers).toEqual({ authorization: 'Bearer from-plugin' });
  });

  it('gives a certificate and its key', async () => {
    const { cert, key } = issue(AUTHORITY, { name: 'node' });
    files.script('plugin', answering({ clientCertificateData: cert, clientKeyData: key }));
    const { pair, headers } = await open({ command: './plugin' }).login();
    expect([pair?.certificate.text.toString(), pair?.key.text.toString(), headers]).toEqual([cert, key, {}]);
  });

  it('learns which answer is expected, its arguments, and the cluster where it wants to', async () => {
    files.script(
      'plugin',
      `echo "$KUBERNETES_EXEC_INFO" > info; echo "$REGION $1" > rest\n${answering({ token: 't' })}`.replaceAll(
        /> (\w+)/g,
        `> ${files.folder}/$1`,
      ),
    );
    await open({
      command: './plugin',
      args: ['get-token'],
      env: [{ name: 'REGION', value: 'north' }],
      provideClusterInfo: true,
    }).login();
    expect(JSON.parse(files.read('info'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: API_VERSION,
      spec: { interactive: false, cluster: { server: SERVER } },
    });
    expect(files.read('rest')).toBe('north get-token\n');
  });

  it('is asked once while its answer is good, and again where the server refuses that', async () => {
    files.script('plugin', `echo x >> ${files.path('runs')}\n${answering({ token: 't' })}`);
    const credentials = open({ command: './plugin' });
    await credentials.login();
    await credentials.login();
    expect(files.read('runs')).toBe('x\n');
    credentials.refuse();
    await credentials.login();
    expect(files.read('runs')).toBe('x\nx\n');
  });

  it.each<[string, object, string]>([
    [
      'that is not there',
      { command: './none', installHint: 'Install the cloud tool.' },
      'gave no credentials: its command does not exist (ENOENT). Install the cloud tool.',
    ],
    ['without a command', {}, 'names no command. Run it by hand to see what it says, or log in again.'],
    [
      'that asks a person',
      { command: 'true', interactiveMode: 'Always' },
      'wants to ask a person, and none is here. Run it by hand to see what it says, or log in again.',
    ],
    [
      'that fails',
      { command: 'false' },
      'gave no credentials: it failed. Run it by hand to see what it says, or log in again.',
    ],
    [
      'that answers nonsense, which may be a secret',
      { command: 'echo', args: ['hush'] },
      'answered with something that is no JSON. Run it by hand to see what it says, or log in again.',
    ],
    [
      'that answers with no credentials',
      { command: 'echo', args: ['{"status":{}}'] },
      'gave neither a token nor a certificate with its key. Run it by hand to see what it says, or log in again.',
    ],
    [
      'that answers with JSON of another kind',
      { command: 'echo', args: ['{}'] },
      'gave no credentials: it failed. Run it by hand to see what it says, or log in again.',
    ],
  ])('%s is an error with the way out', async (_, exec, message) => {
    const text = await refusal(exec);
    expect(text).toBe(`kubeconfig "/k/kubeconfig", users[0].user.exec: ${message}`);
    expect(text).not.toContain('hush');
  });

  it('that does not come to an end is given up, and not started a second time meanwhile', async () => {
    const runs = files.path('runs');
    files.script('plugin', `echo x >> ${runs}\nsleep 0.3\n${answering({ token: 'late' })}`);
    const exec = { apiVersion: API_VERSION, command: './plugin' };
    files.kubeconfig({ server: SERVER }, { exec });
    const plugin = PluginLogin.of(parseKubeconfig(files.read('kubeconfig'), files.path('kubeconfig')), 20);
    await expect(plugin?.read()).rejects.toThrow('has not answered within 0.02 s.');
    await expect(plugin?.read()).rejects.toThrow('has not answered within 0.02 s.');
    expect(files.read('runs')).toBe('x\n');
  });
});

describe('an auth provider', () => {
  it('gives the token it holds while that is good, and says so where it cannot renew it', async () => {
    const files = new LoginFiles();
    const open = (expires: number) => {
      const claims = [{ alg: 'none' }, { exp: expires }].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      const config = { 'id-token': `${claims.join('.')}.x` };
      const kubeconfig = files.kubeconfig({ server: SERVER }, { 'auth-provider': { name: 'oidc', config } });
      return openCredentials({ kubeconfig }, {}, { environment: {}, serviceAccountFolder: '/none' });
    };
    const { headers } = await open(Date.now() / 1000 + 3600).login();
    expect(headers.authorization).toMatch(/^Bearer ey/);
    await expect(open(1).login()).rejects.toThrow(
      /auth-provider: gave neither a token nor a certificate with its key\./,
    );
    files.clear();
  });
});
