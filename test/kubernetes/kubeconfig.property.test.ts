import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CredentialsError } from '../../src/kubernetes/login/credentials-error.js';
import { parseKubeconfig } from '../../src/kubernetes/login/kubeconfig.js';
import { readCluster, readUser } from '../../src/kubernetes/login/kubeconfig-login.js';
import { anyText } from '../support/any-text.js';
import { kubeconfigOf } from './login-files.js';

const SECRET = 'hush-hush-hush';

const SECRETS = { password: SECRET, token: `a\n${SECRET}`, 'client-key-data': SECRET };

/** Texts that could break a path, an address, a header or a message, and values of the wrong type. */
const odd = fc.oneof(
  fc.constantFrom('', '\0', 'a\nb', '%zz', 'https://%zz@h', '[::', '/'),
  anyText(),
  fc.jsonValue({ maxDepth: 2 }),
);

const clusters = fc.dictionary(
  fc.constantFrom(
    'server',
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'tls-server-name',
  ),
  odd,
);

const users = fc.dictionary(
  fc.constantFrom(
    'token',
    'tokenFile',
    'client-certificate',
    'client-key-data',
    'as',
    'as-groups',
    'as-user-extra',
  ),
  odd,
);

async function complaint(read: () => Promise<unknown>): Promise<CredentialsError | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    if (error instanceof CredentialsError) return error;
    throw error;
  }
}

describe('whatever a kubeconfig holds', () => {
  it('it is read, or refused in words that give no secret away', async () => {
    await fc.assert(
      fc.asyncProperty(clusters, users, async (cluster, user) => {
        const text = stringify(kubeconfigOf(cluster, { ...SECRETS, ...user }));
        const error = await complaint(async () => {
          const kubeconfig = parseKubeconfig(text, '/nowhere/kubeconfig');
          await readUser(kubeconfig);
          await readCluster(kubeconfig, undefined, {});
        });
        expect(error?.message ?? '').not.toContain(SECRET);
      }),
      { numRuns: 50 },
    );
  });

  it('text that is no YAML is refused in such words too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (before, after) => {
        const text = `${before}${SECRET}${after}`;
        const error = await complaint(async () => parseKubeconfig(text, '/nowhere/kubeconfig'));
        expect(error?.message).toMatch(/^kubeconfig "\/nowhere\/kubeconfig"/);
        expect(error?.message).not.toContain(SECRET);
      }),
      { numRuns: 50 },
    );
  });
});
