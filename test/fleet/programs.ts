import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { ApiServer } from '../../lab/api-server/api-server.js';
import type { PodBehaviour } from '../../lab/api-server/pod-exec.js';
import { PROJECT } from '../deploy/support/deployments.js';

/** Makes one file with nothing beside it of a program, as the plugin is in its archive. */
export async function buildProgram(source: string, file: string): Promise<void> {
  const banner = `import { createRequire as r } from "node:module"; const require = r(import.meta.url);`;
  await build({
    entryPoints: [join(PROJECT, source)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: banner },
  });
  chmodSync(file, 0o755);
}

/** A Node with a pod of the agent, as the API server has them. */
export function addAgentPod(server: ApiServer, node: string, behaviour: PodBehaviour): void {
  server.store.create('nodes', { metadata: { name: node } });
  const metadata = {
    namespace: 'kube-system',
    name: `agent-${node}`,
    labels: { 'k8s-app': 'kube-ipvs-proxy' },
  };
  const spec = { nodeName: node, containers: [{ name: 'kube-ipvs-proxy' }] };
  server.store.create('pods', { metadata, spec, status: { phase: 'Running' } } as never);
  server.exec.behave(`agent-${node}`, behaviour);
}

/** Milliseconds; what has not ended then is ended. */
const LONGEST = 30_000;

/** What it wrote, and its exit code; −1 where a signal ended it. */
export async function ran(command: string, words: readonly string[], env = process.env) {
  const child = spawn(command, words, { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece;
  });
  const timer = setTimeout(() => child.kill(), LONGEST);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code: typeof code === 'number' ? code : -1, stdout, stderr };
}
