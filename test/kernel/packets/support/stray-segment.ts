import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Host } from '../../../../lab/host.js';
import { PROJECT_FOLDER } from '../../../../lab/project-folder.js';
import type { Address } from '../../../../src/model/address.js';

/** Where a segment comes from and goes to, as its sender has it. */
export interface Segment {
  readonly source: Address;
  readonly sourcePort: number;
  readonly target: Address;
  readonly targetPort: number;
  /** The ports of such segments as they leave the sender's machine; the same unless said. */
  readonly seen?: readonly [number, number];
}

const PROGRAM = join(PROJECT_FOLDER, 'test/kernel/packets/support/stray-segment.py');

/** `from` sends one segment far out of the window of a connection, right after `talk` has made it say something. */
export async function sendStray(
  from: Host,
  { source, sourcePort, target, targetPort, seen = [sourcePort, targetPort] }: Segment,
  talk: () => Promise<unknown>,
): Promise<void> {
  const words = [source, sourcePort, target, targetPort, ...seen].map(String);
  const [command = '', ...rest] = from.namespace.inside(['/usr/bin/python3', PROGRAM, ...words]);
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await talk();
  const [code] = await ended;
  if (code !== 0) throw new Error(`no segment was sent: ${String(code)}`);
}
