import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redacted } from '../../src/cli/support-bundle/redaction.js';

const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEAx7'.repeat(20)}\n-----END RSA PRIVATE KEY-----`;
const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl';
const base64 = (text: string) => Buffer.from(text).toString('base64');

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const SECRET_OBJECT = JSON.stringify({ kind: 'Secret', data: { tls: 'aHVudGVyMg' } });
const APPLIED = `annotations:\n  ${LAST_APPLIED}: |\n    ${SECRET_OBJECT}\n`.replace('|\n    ', '');
const nested = (value: object) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(value) }) });
const KUBECONFIG = `users:
- name: admin
  user:
    token: hunter2
    password: hunter2
    username: bob
    exec:
      command: login
      args: [--password, hunter2, --api-key=hunter2]
      env:
      - name: LOGIN_HANDLE
        value: hunter2
`;

/** A text, and the part of it that nobody may read. */
const SECRETS: readonly (readonly [what: string, text: string, secret: string])[] = [
  ['a private key', PEM, 'MIIEow'],
  ['a certificate in a string of JSON', JSON.stringify({ message: PEM }), 'MIIEow'],
  ['a key whose end is cut off', PEM.slice(0, 200), 'MIIEow'],
  ['the rest of a key whose beginning is cut off', PEM.slice(60), 'MIIEowIBAAKCAQEAx7MIIEowIBAAKCAQEAx7'],
  ['data of a kubeconfig', `client-key-data: ${base64(PEM)}`, base64(PEM).slice(0, 40)],
  ['the same without its name', `x ${base64(PEM)} y`, base64(PEM).slice(0, 40)],
  ['a token of a service account', `the server said ${JWT}`, JWT.slice(5)],
  ['a bearer token', 'Authorization: Bearer opaque-word', 'opaque-word'],
  ['a bearer token in an error', 'sent "bearer opaque-word" in vain', 'opaque-word'],
  ['a bootstrap token', 'used 07401b.f395accd246ae52d to join', 'f395accd246ae52d'],
  ['a proxy with a password', 'HTTPS_PROXY=http://bob:hunter2@proxy:3128', 'hunter2'],
  ['a variable', 'AWS_SECRET_ACCESS_KEY=abcdef', 'abcdef'],
  ['a field of YAML', 'user:\n  password: "correct horse battery"\n', 'horse'],
  ['a field of JSON', '{"id-token":"opaque \\"word\\" more","a":1}', 'opaque'],
  ['a field of JSON in a string of JSON', JSON.stringify({ m: '{"token":"opaque word"}' }), 'opaque'],
  ['a header', 'Cookie: session=opaque', 'opaque'],
  ['a variable of a plugin of a kubeconfig', 'env:\n- name: VAULT_PW\n  value: hunter2\n', 'hunter2'],
  ['the same on one line', 'env: [{name: PW, value: "hunter2 x"}]', 'hunter2'],
  ['the same in JSON', JSON.stringify({ env: [{ name: 'PW', value: 'hunter2' }] }), 'hunter2'],
  ['what kubectl apply keeps of a Secret', APPLIED, 'aHVudGVyMg'],
  [
    'the same as a field of JSON',
    JSON.stringify({ annotations: { [LAST_APPLIED]: SECRET_OBJECT } }),
    'aHVudGVyMg',
  ],
  ['the same in a message', `metadata.annotations[${LAST_APPLIED}]: ${SECRET_OBJECT} is odd`, 'aHVudGVyMg'],
  ['a field of JSON in a string in a string', nested({ token: 'opaque' }), 'opaque'],
  ['a word of a command line', 'ran kubectl --token opaque-word get pods', 'opaque-word'],
  ['a whole kubeconfig', KUBECONFIG, 'hunter2'],
  ['a long key without a name', `key ${'aB3'.repeat(20)}`, 'aB3aB3aB3'],
];

/** What a reader needs, which looks a little like a secret. */
const KEPT = [
  '{"name":"http","value":1}',
  'name: web\nvalue: 80',
  'default/web:http 10.96.0.10:80/TCP -> 10.244.1.7:8080 weight 100',
  '2001:db8::1 fd00:244::7 kube-ipvs0',
  `sha256:${'0123456789abcdef'.repeat(4)}`,
  'rest_client_exec_plugin_certificate_rotation_age_seconds_bucket{le="600"} 0',
  'kube_ipvs_proxy_token_reads_total 17',
  '--kubeconfig=/var/lib/kube-proxy/kubeconfig.conf',
  'net.netfilter.nf_conntrack_tcp_timeout_established = 86400',
  'shop/a-service-with-a-rather-long-name-of-its-own-abc12-5f7d8',
  'the credentials cannot be read: ENOENT: no such file or directory, open /etc/x/token',
  '[ payload 080001000000000108000200000000010800030000000010080004000000000c ]',
];

describe('a text without secrets', () => {
  it.each(SECRETS)('has nothing left of %s', (_, text, secret) => {
    const { text: made, count } = redacted(text);
    expect(text).toContain(secret);
    expect(made).not.toContain(secret);
    expect(made).toContain('[redacted]');
    expect(count).toBeGreaterThan(0);
  });

  it.each(KEPT)('keeps %s', (text) => {
    expect(redacted(text)).toEqual({ text, count: 0 });
  });

  it('stays JSON where it was JSON', () => {
    const value = {
      log: [`Bearer ${JWT}`, PEM],
      'client-key-data': base64(PEM),
      config: { token: 'a"b', n: 1 },
    };
    const made = JSON.parse(redacted(JSON.stringify(value)).text) as typeof value;
    expect(made.config.n).toBe(1);
    expect(JSON.stringify(made)).not.toMatch(/MIIE|eyJ|LS0t|a\\"b/);
  });

  it('loses a token wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const { text } = redacted(`${before} token: "opaque-word" ${after} Bearer opaque-word`);
        return !text.includes('opaque-word');
      }),
    );
  });

  it('takes no longer for a text made to be slow', () => {
    const hostile = [
      'token'.repeat(40_000),
      '-----BEGIN A'.repeat(20_000),
      `a://${'b'.repeat(200_000)}`,
      '\\'.repeat(100_000),
    ];
    const start = performance.now();
    for (const text of hostile) redacted(text);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
