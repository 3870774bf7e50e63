import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.js';

/** A certificate and its key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const NEW_KEY = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');

// Instead of the machine's own, which may add an extension a second time.
const BARE_CONFIG = '[req]\ndistinguished_name = name\n[name]\n';

/** A certificate authority of a cluster, made on the spot with `openssl`; good for two days. */
export class CertificateAuthority {
  /** What clients have to trust. */
  readonly certificate: string;
  readonly #key: string;

  static async create(): Promise<CertificateAuthority> {
    const { certificate, key } = await inFolder((folder) =>
      made(folder, 'ca', '/CN=kubernetes', [
        'basicConstraints=critical,CA:TRUE',
        'keyUsage=critical,keyCertSign,digitalSignature',
      ]),
    );
    return new CertificateAuthority(certificate, key);
  }

  private constructor(certificate: string, key: string) {
    this.certificate = certificate;
    this.#key = key;
  }

  /** For a server with these addresses and host names. */
  server(names: readonly string[]): Promise<KeyPair> {
    const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
    return this.#issue('/CN=kube-apiserver', [
      `subjectAltName=${alternatives.join(',')}`,
      'extendedKeyUsage=serverAuth',
    ]);
  }

  /** For a client of that name. */
  client(name: string): Promise<KeyPair> {
    return this.#issue(`/O=system:node-proxier/CN=${name}`, ['extendedKeyUsage=clientAuth']);
  }

  #issue(subject: string, extensions: readonly string[]): Promise<KeyPair> {
    return inFolder(async (folder) => {
      const [certificate, key] = await Promise.all([
        written(folder, 'ca.crt', this.certificate),
        written(folder, 'ca.key', this.#key),
      ]);
      const signed = ['-CA', certificate, '-CAkey', key];
      return made(folder, 'leaf', subject, ['basicConstraints=CA:FALSE', ...extensions], signed);
    });
  }
}

async function made(
  folder: string,
  name: string,
  subject: string,
  extensions: readonly string[],
  signed: readonly string[] = [],
): Promise<KeyPair> {
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  const config = await written(folder, 'config', BARE_CONFIG);
  const more = ['-config', config, '-subj', subject, '-out', certificate, '-keyout', key];
  await runCommand(['openssl', ...NEW_KEY, ...more, ...added, ...signed]);
  return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
}

async function written(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
