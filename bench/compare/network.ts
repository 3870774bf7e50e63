import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { Namespace } from '../../lab/namespace.js';
import { TARGET_PORT, vip } from '../kernel/content.js';

/**
 * A node between a pod and all endpoints, in three network namespaces: client, node, servers. The servers' namespace
 * takes every address of a pod for its own.
 */
export class Network {
  readonly #names: Readonly<Record<Place, string>>;
  readonly #tools: string;
  #server: ChildProcess | undefined;

  constructor(number: number, tools: string) {
    this.#tools = tools;
    this.#names = { client: `client-${number}`, node: `node-${number}`, servers: `servers-${number}` };
  }

  async open(): Promise<void> {
    const { client, node, servers } = this.#names;
    ip(
      ...[client, node, servers].map((name) => `netns add ${name}`),
      `link add client netns ${node} type veth peer name eth0 netns ${client}`,
      `link add servers netns ${node} type veth peer name eth0 netns ${servers}`,
    );
    ip('-n', client, ...CLIENT);
    ip('-n', node, ...NODE);
    ip('-n', servers, ...SERVERS);
    this.run('node', ['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    this.#server = await this.#answer();
  }

  inside(place: Place, words: readonly string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.#names[place]}`, '--', ...words];
  }

  namespace(place: Place): Namespace {
    return new Namespace(this.#names[place]);
  }

  /** Starts it without waiting for its end. */
  start(place: Place, words: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
    const [command = '', ...rest] = this.inside(place, words);
    return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  /** What the command prints. */
  run(place: Place, words: readonly string[], input = ''): string {
    const [command = '', ...rest] = this.inside(place, words);
    return execFileSync(command, rest, {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  async close(): Promise<void> {
    if (this.#server !== undefined) {
      const ended = once(this.#server, 'exit');
      this.#server.kill('SIGKILL');
      await ended;
    }
    ip(...Object.values(this.#names).map((name) => `netns del ${name}`));
  }

  async #answer(): Promise<ChildProcess> {
    const server = this.start('servers', [`${this.#tools}/answer`, String(TARGET_PORT)]);
    await ready(server);
    return server;
  }
}

/** A server of tools/ says that it listens. */
export async function ready(server: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  const [said] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
  if (!String(said).startsWith('ready')) throw new Error('the server of the benchmark ended at once');
}

export type Place = 'client' | 'node' | 'servers';

const CLIENT = [
  'link set lo up',
  'link set eth0 up',
  'address add 10.255.0.2/24 dev eth0',
  'route add default via 10.255.0.1',
];
const NODE = [
  'link set lo up',
  'link set client up',
  'link set servers up',
  'address add 10.255.0.1/24 dev client',
  'address add 10.254.0.1/24 dev servers',
  // The pods of content.ts, and those that come later.
  'route add 10.128.0.0/10 via 10.254.0.2',
  'route add 10.192.0.0/11 via 10.254.0.2',
  // Else connections of the node itself fail before any rule sees them: it has no default route.
  `route add ${vip(0).replace(/\d+\.\d+$/, '0.0')}/12 via 10.254.0.2`,
];
const SERVERS = [
  'link set lo up',
  'link set eth0 up',
  'address add 10.254.0.2/24 dev eth0',
  'route add default via 10.254.0.1',
  'route add local 10.128.0.0/10 dev lo',
  'route add local 10.192.0.0/11 dev lo',
];

/** Several commands of ip, after its options. */
function ip(...words: readonly string[]): void {
  const options = words[0] === '-n' ? words.slice(0, 2) : [];
  const lines = words.slice(options.length);
  execFileSync('ip', [...options, '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}
