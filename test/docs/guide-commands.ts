import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ApiServer } from '../../lab/api-server/api-server.js';
import { KUBEADM_CONFIG } from '../config/kubeadm.js';
import { putObjects, writeAdminKubeconfig } from '../install/cluster.js';
import type { RunningInstaller } from '../install/running.js';
import { PROJECT } from './guide.js';

export interface CommandsRun {
  readonly code: number | null;
  readonly stderr: string;
  /** Files that the commands made, with their text. */
  readonly written: readonly (readonly [string, string])[];
}

/** Runs commands of a guide as a reader would, in a folder of their own, with this program as it is now. */
export class GuideCommands {
  readonly #folder = mkdtempSync(join(tmpdir(), 'guide-commands-'));
  #runs = 0;

  /** Makes `kube-ipvs-proxy` of the sources; what it prints lies beside it, as in the image. */
  async prepare(): Promise<void> {
    const file = join(this.#folder, 'kube-ipvs-proxy');
    const banner = `import { createRequire as r } from "node:module"; const require = r(import.meta.url);`;
    await build({
      entryPoints: [join(PROJECT, 'src/main.ts')],
      outfile: `${file}.mjs`,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
      banner: { js: banner },
    });
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${file}.mjs' "$@"\n`);
    chmodSync(file, 0o755);
    symlinkSync(join(PROJECT, 'deploy'), join(this.#folder, 'deploy'));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  async run(script: string, { workload, configMap }: RunningInstaller): Promise<CommandsRun> {
    const server = await ApiServer.start();
    try {
      server.access.allowToken('secret', 'admin');
      putObjects(server, [workload, configMap]);
      const kubeconfig = join(this.#folder, 'kubeconfig');
      return await this.#runIn(script, await writeAdminKubeconfig(server, kubeconfig, 'secret'));
    } finally {
      await server.close();
    }
  }

  async #runIn(script: string, kubeconfig: string): Promise<CommandsRun> {
    const cwd = join(this.#folder, `run-${this.#runs++}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'config.conf'), KUBEADM_CONFIG);
    const env = {
      PATH: `${this.#folder}:${process.env.PATH}`,
      KUBECONFIG: kubeconfig,
      IMAGE: 'registry.example.com/kube-ipvs-proxy:1',
      SERVER: 'https://api.example.com:6443',
    };
    const shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd, env });
    let stderr = '';
    shell.stderr.on('data', (piece: Buffer) => {
      stderr += piece;
    });
    shell.stdout.resume();
    const [code] = await once(shell, 'close');
    const written = readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')] as const);
    return { code, stderr, written };
  }
}
