import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface LoginParts {
  /** `https://172.18.0.3:6443` */
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly token: string;
}

/** What a pod of kube-proxy finds mounted: kubeconfig, token and CA, each replaced in one step. */
export class LoginFolder {
  readonly path: string;

  static async create({ server, authority, token }: LoginParts): Promise<LoginFolder> {
    const folder = new LoginFolder(await mkdtemp(join(tmpdir(), 'login-')));
    await folder.setAuthority(authority);
    await folder.setToken(token);
    await folder.#write('kubeconfig.conf', folder.#kubeconfig(server));
    return folder;
  }

  private constructor(path: string) {
    this.path = path;
  }

  get kubeconfig(): string {
    return join(this.path, 'kubeconfig.conf');
  }

  setToken(token: string): Promise<void> {
    return this.#write('token', token);
  }

  setAuthority(pem: string): Promise<void> {
    return this.#write('ca.crt', pem);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  #kubeconfig(server: string): string {
    const cluster = { name: 'default', cluster: { 'certificate-authority': 'ca.crt', server } };
    const context = { name: 'default', context: { cluster: 'default', user: 'default' } };
    const user = { name: 'default', user: { tokenFile: 'token' } };
    // JSON is YAML too.
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      contexts: [context],
      'current-context': 'default',
      users: [user],
    });
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}
