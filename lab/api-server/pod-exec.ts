import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Failure } from './answer.js';
import type { Resource, Subject } from './resource.js';

export interface CommandResult {
  readonly code: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Whether the streams are closed before the exit code is told. */
  readonly closes?: true;
}

/** What it had written when its pod died: the connection ends without a status. */
interface CutShort {
  readonly until: string;
}

type PodResult = CommandResult | CutShort | 'silent';

/** What a command in a pod comes to; `silent` keeps the connection and never says anything. */
export type PodBehaviour = (command: readonly string[]) => PodResult | Promise<PodResult>;

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/;
const EXEC: Resource = { name: 'pods/exec', group: '', version: 'v1', kind: 'PodExecOptions' };
/** RFC 6455, 1.3. */
const HANDSHAKE_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OUT = 1;
const ERR = 2;
const STATUS = 3;
const CLOSE = 255;

/** `pods/exec` over WebSocket (v5.channel.k8s.io): what a kubelet would run is told by the test. */
export class PodExec {
  /** What was asked of which pod, in order. */
  readonly asked: { readonly pod: string; readonly command: readonly string[] }[] = [];
  readonly #behaviours = new Map<string, PodBehaviour>();
  readonly #open = new Set<Duplex>();
  #most = 0;

  behave(pod: string, behaviour: PodBehaviour): void {
    this.#behaviours.set(pod, behaviour);
  }

  /** Connections at this moment. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Of connections at one time. */
  get most(): number {
    return this.#most;
  }

  take(request: IncomingMessage, socket: Duplex, refusal: (subject: Subject) => Failure | undefined): void {
    socket.on('error', () => undefined);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://api');
    const [, namespace, pod = ''] = PATH.exec(pathname) ?? [];
    const failure = refusal({ resource: EXEC, namespace, name: pod });
    const behaviour = this.#behaviours.get(pod);
    if (failure !== undefined || behaviour === undefined) {
      refuse(socket, failure?.code ?? 404);
      return;
    }
    const command = searchParams.getAll('command');
    this.asked.push({ pod, command });
    this.#accept(request, socket);
    setImmediate(async () => play(socket, await behaviour(command)));
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #accept(request: IncomingMessage, socket: Duplex): void {
    this.#open.add(socket);
    this.#most = Math.max(this.#most, this.#open.size);
    socket.on('close', () => this.#open.delete(socket));
    // Of the client only its closing frame is of interest; any bytes of it end the connection.
    socket.on('data', () => socket.end());
    const key = String(request.headers['sec-websocket-key']);
    const accept = createHash('sha1')
      .update(key + HANDSHAKE_SUFFIX)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
    );
  }
}

function refuse(socket: Duplex, code: number): void {
  socket.end(`HTTP/1.1 ${code} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

function play(socket: Duplex, result: PodResult): void {
  // Who asked may have had enough meanwhile.
  if (socket.destroyed) return;
  if (result === 'silent') return;
  if ('until' in result) {
    socket.write(frame(OUT, result.until), () => socket.destroy());
    return;
  }
  const { code, stdout = '', stderr = '' } = result;
  if (stdout !== '') socket.write(frame(OUT, stdout));
  if (stderr !== '') socket.write(frame(ERR, stderr));
  if (result.closes) for (const stream of [OUT, ERR]) socket.write(frame(CLOSE, String.fromCharCode(stream)));
  socket.write(frame(STATUS, statusOf(code)));
}

function statusOf(code: number): string {
  if (code === 0) return JSON.stringify({ metadata: {}, status: 'Success' });
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}

/** A whole binary message of one channel, as a server sends it: not masked (RFC 6455, 5.2). */
function frame(channel: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
  const header = Buffer.alloc(payload.length < 126 ? 2 : 10);
  header[0] = 0x82;
  header[1] = payload.length < 126 ? payload.length : 127;
  if (payload.length >= 126) header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}
