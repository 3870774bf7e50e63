import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../../lab/agent.js';
import { type HostnamesCluster, SERVICE } from './hostnames-cluster.js';

const HINT = `
You are on the node. Try:
  kube-ipvs-proxy status
  curl http://${SERVICE.address}
  ipvsadm -Ln
  nft list table inet kube-ipvs-proxy
  exit
`;

/** A shell on the node, with kube-ipvs-proxy among its commands. */
export async function runShell({ lab }: HostnamesCluster): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'commands-'));
  await symlink(PROGRAM, join(folder, 'kube-ipvs-proxy'));
  process.stdout.write(`${HINT}\n`);
  const words = lab.node.namespace.inside(['bash', '--noprofile', '--norc', '-i']);
  const [command = '', ...rest] = words;
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, PS1: 'node# ', HISTFILE: '' };
  await once(spawn(command, rest, { stdio: 'inherit', env }), 'close');
  await rm(folder, { recursive: true });
}
