import { describe, expect, it } from 'vitest';
import { issue } from '../../lab/api-server/certificates.js';
import { Credentials } from '../../src/kubernetes/login/credentials.js';
import { type CredentialsError, credentialsError } from '../../src/kubernetes/login/credentials-error.js';
import { connectionKey, type Login, sameLogin } from '../../src/kubernetes/login/login.js';
import { AUTHORITY } from './https-server.js';
import { loginTo } from './logins.js';

const SERVER = 'https://api.example.org:6443';
const GONE = credentialsError({ subject: 'service account', field: 'token' }, 'does not exist.', 'Mount it.');

function pem(text: string, field: string) {
  return { text: Buffer.from(text), place: { subject: 'kubeconfig "k"', field } };
}

function pair({ cert, key }: { cert: string; key: string }) {
  return { certificate: pem(cert, 'client-certificate'), key: pem(key, 'client-key') };
}

async function refusal(login: Login): Promise<string> {
  return new Credentials(async () => login).login().then(
    () => 'good',
    (error: CredentialsError) => error.message,
  );
}

describe('credentials', () => {
  it('are read once for all who ask at the same time, and not again while they are young', async () => {
    let reads = 0;
    const credentials = new Credentials(async () => loginTo(`${SERVER}/${++reads}`));
    await Promise.all([credentials.login(), credentials.login()]);
    await credentials.login();
    expect(reads).toBe(1);
  });

  it('are read again when they are old', async () => {
    let reads = 0;
    const credentials = new Credentials(async () => loginTo(`${SERVER}/${++reads}`), { maxAge: 0 });
    await credentials.login();
    expect((await credentials.login()).server.pathname).toBe('/2');
  });

  it('are read again at once when they are refused, and the reader is called with that', async () => {
    const refusals: boolean[] = [];
    const credentials = new Credentials(async (refused) => {
      refusals.push(refused);
      return loginTo(SERVER);
    });
    await credentials.login();
    credentials.refuse();
    await credentials.login();
    await credentials.login();
    expect(refusals).toEqual([false, true]);
  });

  it('that were never there are an error', async () => {
    const credentials = new Credentials(() => Promise.reject(GONE));
    await expect(credentials.login()).rejects.toThrow('service account, token: does not exist. Mount it.');
  });

  it('stay in use while they cannot be read, which is a problem that comes and goes', async () => {
    let readable = true;
    let changes = 0;
    const credentials = new Credentials(
      () => (readable ? Promise.resolve(loginTo(SERVER)) : Promise.reject(GONE)),
      {
        maxAge: 0,
        problemsFound: () => changes++,
      },
    );
    const before = await credentials.login();
    readable = false;
    expect(await credentials.login()).toBe(before);
    await credentials.login();
    expect(credentials.problems).toEqual([
      {
        kind: 'source',
        subject: 'service account',
        field: 'token',
        message: 'does not exist; what was read before stays in use.',
        remedy: 'Mount it.',
      },
    ]);
    readable = true;
    await credentials.login();
    expect(credentials.problems).toEqual([]);
    expect(changes).toBe(2);
  });

  it('do not hide a mistake in this program', async () => {
    const credentials = new Credentials(() => Promise.reject(new TypeError('odd')), { maxAge: 0 });
    await expect(credentials.login()).rejects.toThrow(TypeError);
  });
});

describe('a login', () => {
  const client = issue(AUTHORITY, { name: 'node' });
  const other = issue(AUTHORITY, { name: 'node' });

  it('with a good pair and a good authority has no problem', async () => {
    const credentials = new Credentials(async () => loginTo(SERVER, { pair: pair(client) }));
    await credentials.login();
    expect(credentials.problems).toEqual([]);
  });

  it('with an authority that is no certificate is refused, where Node would trust nobody', async () => {
    expect(await refusal(loginTo(SERVER, { authority: pem('oops', 'certificate-authority') }))).toBe(
      'kubeconfig "k", certificate-authority: holds no PEM certificate. Put one there, with its BEGIN line.',
    );
  });

  it('with halves of two pairs is refused: one of them was replaced, and the other is not yet', async () => {
    const mixed = pair({ cert: client.cert, key: other.key });
    expect(await refusal(loginTo(SERVER, { pair: mixed }))).toContain(
      'client-key: is not the key of the certificate in client-certificate.',
    );
  });

  it('with a key that is none is refused, without the key in the message', async () => {
    const message = await refusal(loginTo(SERVER, { pair: pair({ cert: client.cert, key: 'hush' }) }));
    expect(message).toContain('client-key: holds no PEM key without a passphrase.');
    expect(message).not.toContain('hush');
  });

  it('with an expired certificate is a problem that says since when', async () => {
    const until = new Date('2026-01-02T03:04:05Z');
    const old = issue(AUTHORITY, { name: 'node', from: new Date('2025-01-01'), until });
    const credentials = new Credentials(async () => loginTo(SERVER, { pair: pair(old) }));
    await credentials.login();
    expect(credentials.problems[0]?.message).toBe(
      'the client certificate expired on 2026-01-02T03:04:05.000Z.',
    );
  });

  it('that sends a token in clear text to another machine is a problem', async () => {
    const credentials = new Credentials(async () => loginTo('http://api.example.org'));
    await credentials.login();
    expect(credentials.problems[0]?.message).toContain('clear text');
    const local = new Credentials(async () => loginTo('http://127.0.0.1:8001'));
    await local.login();
    expect(local.problems).toEqual([]);
  });

  it('shares its connection with one that differs in the token only', () => {
    const one = loginTo(SERVER);
    const renewed = loginTo(SERVER, { headers: { authorization: 'Bearer token-2' } });
    expect(connectionKey(one)).toBe(connectionKey(renewed));
    expect(sameLogin(one, renewed)).toBe(false);
    expect(sameLogin(one, loginTo(SERVER))).toBe(true);
  });

  it.each([
    ['server', loginTo('https://192.0.2.1')],
    ['authority', loginTo(SERVER, { authority: pem(client.cert, 'certificate-authority') })],
    ['certificate', loginTo(SERVER, { pair: pair(client) })],
    ['name of the server', loginTo(SERVER, { serverName: 'kubernetes' })],
    ['trust', loginTo(SERVER, { verify: false })],
    ['proxy', loginTo(SERVER, { proxy: new URL('http://192.0.2.9:3128') })],
  ])('has a connection of its own where the %s is another', (_, login) => {
    expect(connectionKey(login)).not.toBe(connectionKey(loginTo(SERVER)));
  });
});
