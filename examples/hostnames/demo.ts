import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { keepViewFresh } from './fresh-view.js';
import { startCluster } from './hostnames-cluster.js';
import { runLiveView } from './live-view.js';
import { runOnce } from './once.js';
import { runShell } from './shell.js';

const USAGE = 'usage: npm start [-- --once | --shell]\n';
const MANIFESTS = join(PROJECT_FOLDER, 'examples/hostnames');

/** The exit code: 0 only where everything was as expected. */
async function main(words: readonly string[]): Promise<number> {
  const [mode, ...more] = words;
  if (more.length > 0 || ![undefined, '--once', '--shell'].includes(mode)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const onTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (mode === '--once' || !onTerminal) return once();
  return interactive(mode === '--shell');
}

async function once(): Promise<number> {
  const complaints = await runOnce(MANIFESTS, print);
  for (const complaint of complaints) process.stderr.write(`Not as expected: ${complaint}.\n`);
  if (complaints.length > 0) process.stderr.write(`Were the manifests in ${MANIFESTS} edited?\n`);
  else print('\nEverything was as expected.');
  return complaints.length > 0 ? 1 : 0;
}

async function interactive(withShell: boolean): Promise<number> {
  const cluster = await startCluster(MANIFESTS, print);
  const stopRefreshing = keepViewFresh();
  try {
    if (withShell) await runShell(cluster);
    else await runLiveView(cluster, MANIFESTS);
  } finally {
    stopRefreshing();
    await cluster.close();
  }
  return 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
