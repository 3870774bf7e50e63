import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { type Address, parseAddress } from '../model/address.js';
import { type Frontend, frontend } from '../model/frontend.js';
import { EXIT, explainFailure } from './exit.js';
import { listenForInterruption } from './interruption.js';
import { hanging, WIDTH, wrapped } from './paragraph.js';

export interface SelftestOptions {
  readonly address: string;
}

/** The kernel's part of it; see kernel/trial-service. */
export interface Trial {
  /** Everything that any self-test has made; what was removed, a sentence each. */
  remove(): Promise<readonly string[]>;
  /** Who has the address on this node. */
  holderOf(address: Address): Promise<string | undefined>;
  bind(address: Address): Promise<void>;
  serve(frontend: Frontend, port: number): Promise<void>;
  connections(frontend: Frontend): Promise<number>;
  close(): void;
}

/** Of TEST-NET-1 (RFC 5737), which no network has. */
export const DEFAULT_ADDRESS = '192.0.2.253';
const PORT = 80;
const DEADLINE_MILLISECONDS = 3_000;

interface SelftestParts {
  readonly open: () => Trial;
  readonly write: (text: string) => void;
}

/**
 * `selftest`: a Service of its own for a moment. One verdict; whatever happens, everything is removed again, but by a
 * SIGKILL, and then by the next one or by `cleanup`.
 */
export async function runSelftest(
  { address: text }: SelftestOptions,
  { open, write }: SelftestParts,
): Promise<number> {
  const address = parseAddress(text);
  if (address === undefined || UNFIT.test(address)) {
    process.stderr.write(
      `kube-ipvs-proxy: '${text}' is no address for a self-test; expected one that nothing uses.\n`,
    );
    return EXIT.usage;
  }
  const lock = await takeLock();
  if (lock === undefined) {
    write('Not tried: another self-test is running on this node.\n');
    return EXIT.problem;
  }
  const trial = open();
  const { signal, close } = listenForInterruption();
  try {
    const result = await tried(trial, frontend(address, PORT, 'TCP'), signal);
    write(resultText(result));
    return result.works ? EXIT.good : EXIT.problem;
  } finally {
    close();
    trial.close();
    lock.close();
  }
}

/** Loopback, link-local, multicast, unspecified: IPVS cannot serve them, or they are everybody's. */
const UNFIT = /^(?:0\.|127\.|169\.254\.|(?:22[4-9]|2[3-5]\d)\.|::$|::1$|fe[89ab][0-9a-f]:|ff)/;

// Of the network namespace, and gone with the process.
const LOCK = '\0kube-ipvs-proxy-selftest';

async function takeLock(): Promise<Server | undefined> {
  const server = createServer();
  server.listen(LOCK);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

interface Result {
  readonly verdict: string;
  readonly lines: readonly string[];
  readonly works: boolean;
}

function resultText({ verdict, lines }: Result): string {
  const more = lines.flatMap((line) => hanging('  ', line));
  return `${[...wrapped(verdict, WIDTH), '', ...more].join('\n')}\n`;
}

async function tried(trial: Trial, place: Frontend, signal: AbortSignal): Promise<Result> {
  const lines: string[] = [];
  try {
    lines.push(...(await trial.remove()).map((sentence) => `${sentence}, left by one that was killed`));
    const holder = await trial.holderOf(place.address);
    if (holder !== undefined) return taken(place, holder);
  } catch (error) {
    return failed(explainFailure(error), lines);
  }
  const say = (line: string) => void lines.push(line);
  const [took, failure] = await attempt(trial, place, signal, say).then(
    (milliseconds) => [milliseconds, undefined] as const,
    (error: unknown) => [undefined, explainFailure(error)] as const,
  );
  const left = await removed(trial);
  say(left === undefined ? 'removed everything again' : `! could not remove everything: ${left}`);
  if (signal.aborted) return { verdict: 'Not known whether IPVS works: interrupted.', lines, works: false };
  if (failure !== undefined || left !== undefined) return failed(failure ?? left ?? '', lines);
  return { verdict: `IPVS works on this node: ${place.key} answered in ${took}.`, lines, works: true };
}

function failed(why: string, lines: readonly string[]): Result {
  const verdict = `IPVS does not work on this node: ${why.replace(/\.$/, '')}.`;
  return { verdict, lines: [...lines, 'kube-ipvs-proxy check shows what may be in the way.'], works: false };
}

function taken({ address }: Frontend, holder: string): Result {
  const verdict = `Not tried: ${address} is used by ${holder}.`;
  return { verdict, lines: ['Name an address that nothing uses with --address.'], works: false };
}

async function attempt(
  trial: Trial,
  place: Frontend,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<string> {
  const step = async <T>(work: Promise<T>, line: string): Promise<T> => {
    const made = await work;
    say(line);
    signal.throwIfAborted();
    return made;
  };
  await step(trial.bind(place.address), `bound ${place.address}`);
  const token = randomBytes(8).toString('hex');
  const server = await listening(place.address, token);
  try {
    const { port } = server.address() as AddressInfo;
    await step(
      trial.serve(place, port),
      `made the virtual server ${place.key} with a server of our own at port ${port}`,
    );
    const milliseconds = await answered(place, token, signal);
    const took = `${milliseconds.toFixed(1)} ms`;
    say(`connected, and our own server answered in ${took}`);
    if ((await trial.connections(place)) === 0)
      throw new Error('it answered, and IPVS knows of no connection');
    return took;
  } finally {
    server.close();
  }
}

async function listening(address: Address, token: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(token);
  });
  server.listen(0, address);
  await once(server, 'listening');
  return server;
}

/** Milliseconds until our own server has answered; rejects with a sentence. */
function answered({ address, port }: Frontend, token: string, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${DEADLINE_MILLISECONDS / 1000} s`)),
      DEADLINE_MILLISECONDS,
    );
    let received = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      if (received === token) resolve(performance.now() - began);
      else reject(new Error('somebody else answered'));
    });
  });
}

async function removed(trial: Trial): Promise<string | undefined> {
  try {
    await trial.remove();
    return undefined;
  } catch (error) {
    return explainFailure(error).replace(/\.$/, '');
  }
}
