import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiServerProcess } from '../../lab/api-server/api-server-process.js';
import { LoginFolder } from '../../lab/api-server/login-folder.js';
import { ContenderEnded, runContender } from './contender.js';
import type { IdleRun } from './idle.js';
import { shippedNode, thisMachine } from './machine.js';
import type { WatchRun } from './report.js';
import type { ContenderName, WatchResults } from './results.js';

/**
 * `measure.js SERVICES ENDPOINTS REPEATS IDLE OUTPUT`: the contenders take turns, each in a process of its own, on one
 * server in another. IDLE is the number of seconds of the idle measurement, 0 for none.
 */
const [services = 0, endpoints = 0, repeats = 0, idleSeconds = 0] = process.argv.slice(2).map(Number);
const output = process.argv[6] ?? '';
const TOKEN = 'bench';
/** Seconds; a start on 44,000 Services takes two minutes on a busy machine. */
const PATIENCE = 1200;

const CONTENDERS: readonly { name: ContenderName; program: string; watchList: boolean }[] = [
  { name: 'streamed', program: 'agent.js', watchList: true },
  { name: 'paged', program: 'agent.js', watchList: false },
  { name: 'informer', program: 'informer.js', watchList: false },
];

const died = new Map<ContenderName, string>();
const server = await ApiServerProcess.start();
await server.tell({ kind: 'allow token', token: TOKEN });
await server.tell({ kind: 'fill', size: { services, endpoints } });
const login = await LoginFolder.create({ server: server.url, authority: server.authority, token: TOKEN });
try {
  await warmUp();
  const runs = await race();
  const idle = idleSeconds > 0 ? await idleRun() : undefined;
  const results: WatchResults = {
    machine: thisMachine(),
    size: { services, endpoints },
    runs,
    ...(died.size > 0 && { died: Object.fromEntries(died) }),
    ...(idle && { idle }),
  };
  writeFileSync(output, `${JSON.stringify(results, undefined, 1)}\n`);
} finally {
  await server.close();
  await login.remove();
}

// The server makes the text of each object once; whoever comes first must not wait for it.
async function warmUp(): Promise<void> {
  await run('agent.js', true);
}

async function race(): Promise<Record<ContenderName, WatchRun[]>> {
  const runs: Record<ContenderName, WatchRun[]> = { streamed: [], paged: [], informer: [] };
  for (let round = 0; round < repeats; round++)
    for (const { name, program, watchList } of CONTENDERS)
      if (!died.has(name))
        await run(program, watchList).then(
          (result) => runs[name].push(result),
          (error) => tellDeath(name, error),
        );
  return runs;
}

// Other people's program may need more memory than the product may have; ours must not.
function tellDeath(name: ContenderName, error: unknown): void {
  if (name !== 'informer' || !(error instanceof ContenderEnded)) throw error;
  const reason = error.message.includes('heap limit')
    ? 'its heap was full'
    : (error.message.split('\n')[0] ?? '');
  process.stderr.write(`bench: ${name} takes part no more: ${reason}\n`);
  died.set(name, reason);
}

async function run(program: string, watchList: boolean): Promise<WatchRun> {
  await server.tell({ kind: 'features', features: { watchList } });
  return JSON.parse(await start('--expose-gc', program)) as WatchRun;
}

async function idleRun(): Promise<IdleRun> {
  await server.tell({ kind: 'features', features: { watchList: true } });
  return JSON.parse(await start('--no-deprecation', 'idle.js', String(idleSeconds))) as IdleRun;
}

function start(flag: string, program: string, ...words: readonly string[]): Promise<string> {
  const path = join(import.meta.dirname, program);
  const all = [...shippedNode(), flag, path, login.kubeconfig, ...words];
  return runContender(all, { seconds: PATIENCE + idleSeconds, serverEnded: server.ended });
}
