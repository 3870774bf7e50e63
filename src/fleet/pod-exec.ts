import { PassThrough, type Writable } from 'node:stream';
import type { KubeConfig, V1Status } from '@kubernetes/client-node';

/** A container that a command can be run in. */
export interface PodContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

interface PodOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** What the API server's WebSocket is to us; client-node's own type of it needs a package that is not installed. */
interface ExecSocket {
  onclose: (() => void) | null;
  terminate(): void;
}

/**
 * Runs a command in a container by `pods/exec` and answers with its exit code. Rejects where the API server refuses,
 * the connection ends before the command, or `signal` ends both.
 */
export async function execInPod(
  config: KubeConfig,
  { namespace, pod, container }: PodContainer,
  command: readonly string[],
  { stdout, stderr }: PodOutput,
  signal: AbortSignal,
): Promise<number> {
  const { Exec } = await import('@kubernetes/client-node/dist/exec.js');
  const sockets = await socketsOf(abortable(config, signal));
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const exec = new Exec(config, sockets);
    const ended = (status: V1Status) => endOf(status, resolve, reject);
    exec.exec(namespace, pod, container, [...command], stdout, stderr, null, false, ended).then(
      (socket: ExecSocket) => {
        socket.onclose = () => reject(new Error('the connection ended before the command did'));
        if (signal.aborted) socket.terminate();
        signal.addEventListener('abort', () => socket.terminate(), { once: true });
      },
      (error: unknown) => reject(refusal(error)),
    );
  });
}

// Where the API server closes a stream of the command (v5.channel.k8s.io), client-node ends the stream it was made
// with: without these, the standard output of this process. Then it takes the same frame for output, which it is not.
async function socketsOf(config: KubeConfig) {
  const { WebSocketHandler } = await import('@kubernetes/client-node/dist/web-socket-handler.js');
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const sockets = new WebSocketHandler(config, undefined, streams);
  const connect: typeof sockets.connect = sockets.connect.bind(sockets);
  sockets.connect = (path, text, bytes) =>
    connect(path, text, (stream, buffer) => {
      if (bytes === null || stream === WebSocketHandler.CloseStream) return true;
      return bytes(stream, buffer);
    });
  return sockets;
}

// The options go through to Node's own request, which the signal ends also before it is answered.
function abortable(config: KubeConfig, signal: AbortSignal): KubeConfig {
  const copy = Object.create(config) as KubeConfig;
  copy.applyToHTTPSOptions = async (options) => {
    await config.applyToHTTPSOptions(options);
    options.signal = signal;
  };
  return copy;
}

function endOf(status: V1Status, resolve: (code: number) => void, reject: (error: Error) => void): void {
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (status.status === 'Success') resolve(0);
  else if (code === undefined) reject(new Error(status.message ?? 'the container runtime gave no reason'));
  else resolve(Number(code));
}

// A WebSocket that is refused tells the status code alone.
function refusal(error: unknown): Error {
  const message = String((error as { message?: unknown }).message ?? error);
  const [, status] = /^Unexpected server response: (\d+)$/.exec(message) ?? [];
  if (status === '403') return new Error('the API server does not allow pods/exec here (403)');
  return new Error(status === undefined ? message : `the API server answered ${status} to pods/exec`);
}
