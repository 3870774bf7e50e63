import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../../lab/agent.js';
import type { Answer } from '../../lab/answer.js';
import { type HostnamesCluster, PODS, SERVICE, startCluster } from './hostnames-cluster.js';

type Print = (line: string) => void;

/**
 * The demonstration without a terminal: nine requests, five more with session affinity, the status table.
 * Answers with what was not as expected.
 */
export async function runOnce(manifests: string, print: Print): Promise<string[]> {
  const folder = await scratchCopy(manifests);
  const cluster = await startCluster(folder, print);
  try {
    return [
      ...(await showTurns(cluster, print)),
      ...(await showAffinity(cluster, folder, print)),
      ...(await showStatus(cluster, print)),
    ];
  } finally {
    await cluster.close();
    await rm(folder, { recursive: true });
  }
}

/** A copy, because the affinity check edits it. */
async function scratchCopy(manifests: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostnames-'));
  for (const name of ['service.yaml', 'endpointslice.yaml'])
    await cp(join(manifests, name), join(folder, name));
  return folder;
}

async function showTurns({ lab }: HostnamesCluster, print: Print): Promise<string[]> {
  print(`\nNine requests from ${lab.outside.addresses.IPv4} to ${SERVICE.address}:${SERVICE.port}:`);
  const names = showAnswers(await lab.outside.askTimes(9, SERVICE), print);
  const inTurn = new Set(names.slice(0, 3)).size === 3 && names.every((name, n) => name === names[n % 3]);
  const counts = PODS.map((pod) => names.filter((name) => name === pod).length);
  print(`  ${counts.join('/')}${inTurn ? ', in turn' : ''}`);
  return inTurn && counts.join() === '3,3,3'
    ? []
    : ['the three pods did not answer three times each, in turn'];
}

async function showAffinity(cluster: HostnamesCluster, folder: string, print: Print): Promise<string[]> {
  const file = join(folder, 'service.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('sessionAffinity: None', 'sessionAffinity: ClientIP'));
  await cluster.agent.until('session affinity in the kernel', ({ virtualServers }) =>
    virtualServers.some(({ persistenceTimeout }) => persistenceTimeout > 0),
  );
  print('\nFive requests after `sessionAffinity: ClientIP` in the manifest:');
  const names = showAnswers(await cluster.lab.outside.askTimes(5, SERVICE), print);
  const one = new Set(names).size === 1 && PODS.includes(names[0] ?? '');
  print(one ? '  one client, one pod' : '  not one pod');
  return one ? [] : ['with session affinity one client did not stay with one pod'];
}

function showAnswers(answers: readonly Answer[], print: Print): string[] {
  const names = answers.map((answer) => (answer.kind === 'answered' ? answer.pod : answer.kind));
  for (const [index, name] of names.entries()) print(`  ${index + 1}  ${name}`);
  return names;
}

async function showStatus({ lab }: HostnamesCluster, print: Print): Promise<string[]> {
  const failures: string[] = [];
  for (const words of [['status'], ['backends', 'hostnames']]) {
    print(`\n$ kube-ipvs-proxy ${words.join(' ')}`);
    const { code, stdout, stderr } = await lab.node.namespace.try([process.execPath, PROGRAM, ...words]);
    print(`${stdout}${stderr}`.trimEnd());
    if (code !== 0) failures.push(`kube-ipvs-proxy ${words.join(' ')} ended with ${code}`);
  }
  return failures;
}
