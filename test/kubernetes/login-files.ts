import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A folder for the files that log a program in. */
export class LoginFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'login-files-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Replaces the file in one step, as a kubelet does. */
  write(name: string, text: string): string {
    writeFileSync(this.path(`${name}.new`), text);
    renameSync(this.path(`${name}.new`), this.path(name));
    return this.path(name);
  }

  script(name: string, text: string): string {
    const path = this.write(name, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  kubeconfig(cluster: object, user?: object): string {
    return this.write('kubeconfig', stringify(kubeconfigOf(cluster, user)));
  }

  remove(name: string): void {
    rmSync(this.path(name));
  }

  clear(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** As kubeadm lays it out. */
export function kubeconfigOf(cluster: object, user: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'elsewhere', cluster: { server: 'https://192.0.2.1' } },
      { name: 'default', cluster },
    ],
    contexts: [{ name: 'default', context: { cluster: 'default', namespace: 'default', user: 'default' } }],
    'current-context': 'default',
    users: [{ name: 'default', user }],
  };
}
