import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../src/model/address.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import { realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
import { AdminServer } from '../../src/status/admin-server.js';
import { type ListingParts, listing, listingQuery } from '../../src/status/listing/listing-source.js';

/**
 * What commands cost that list: their own processor time and memory, beside those of a bare Node.js. The agent's side
 * is in this process and not counted. usage: node dist/bench/cli/measure.js [SERVICES] [ENDPOINTS] [REPEATS]
 */
const [services = 10_000, endpoints = 10, repeats = 5] = process.argv.slice(2).map(Number);

const PROGRAM = new URL('../../kube-ipvs-proxy.js', import.meta.url).pathname;
/** Writes what the process has cost at its end. */
const METER = `data:text/javascript,${encodeURIComponent(
  'process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write("cost "+(u.userCPUTime+u.systemCPUTime)/1000+" "+u.maxRSS/1024+"\\n")})',
)}`;

interface Cost {
  readonly milliseconds: number;
  readonly mebibytes: number;
}

const folder = mkdtempSync(join(tmpdir(), 'bench-cli-'));
try {
  await measureAll();
} finally {
  rmSync(folder, { recursive: true });
}

async function measureAll(): Promise<void> {
  const bare = await cost(['-e', '0']);
  row('bare Node.js', bare);
  row('services --help', await cost([PROGRAM, 'services', '--help']), bare);
  for (const count of [Math.ceil(services / 10), services]) await measureListing(count, bare);
}

async function measureListing(count: number, bare: Cost): Promise<void> {
  const socket = join(folder, `${count}.sock`);
  const parts = syntheticParts(count);
  const routes = { '/services': (query: URLSearchParams) => listing(listingQuery(query), parts) };
  const server = new AdminServer(socket, { version: 'bench', routes });
  await server.listen();
  for (const words of [
    ['services'],
    ['services', '--stats'],
    ['services', '-o', 'wide', '--sort-by', 'active'],
    ['services', '-o', 'json'],
    ['backends', 'service-7'],
  ])
    row(
      `${words.join(' ')}, ${count} × ${endpoints}`,
      await cost([PROGRAM, ...words, '--admin-socket', socket]),
      bare,
    );
  const frames = 10;
  const once = await cost([PROGRAM, 'services', '--admin-socket', socket]);
  const watch = ['services', '--watch', '--admin-socket', socket];
  const { milliseconds } = await costOnce([PROGRAM, ...watch], frames * 2_000 + 1_000);
  const share = ((milliseconds - once.milliseconds) / frames / 2_000) * 100;
  process.stdout.write(`services --watch, ${count} × ${endpoints}: ${share.toFixed(1)} % of a processor\n`);
  await server.close();
}

/** The smallest of several runs, since what else the machine does only adds to it. */
async function cost(words: readonly string[]): Promise<Cost> {
  const costs: Cost[] = [];
  for (let run = 0; run < repeats; run++) costs.push(await costOnce(words));
  return costs.reduce((a, b) => (a.milliseconds <= b.milliseconds ? a : b));
}

/** `endsAfter`: it is interrupted after so many milliseconds. */
async function costOnce(words: readonly string[], endsAfter?: number): Promise<Cost> {
  const child = spawn(process.execPath, ['--import', METER, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let written = '';
  child.stderr.on('data', (piece) => {
    written += piece;
  });
  const interrupt = endsAfter === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), endsAfter);
  await once(child, 'close');
  clearTimeout(interrupt);
  const [, milliseconds, mebibytes] = /cost ([\d.]+) ([\d.]+)\n$/.exec(written) ?? [];
  if (milliseconds === undefined || child.exitCode !== 0) throw new Error(`${words.join(' ')}: ${written}`);
  return { milliseconds: Number(milliseconds), mebibytes: Number(mebibytes) };
}

function row(name: string, { milliseconds, mebibytes }: Cost, bare?: Cost): void {
  const beyond =
    bare === undefined ? '' : `  ${Math.round(milliseconds - bare.milliseconds)} ms beyond Node.js`;
  const figures = `${Math.round(milliseconds)} ms  ${Math.round(mebibytes)} MiB${beyond}`;
  process.stdout.write(`${name.padEnd(56)} ${figures}\n`);
}

function syntheticParts(count: number): ListingParts {
  const plane = new DataplaneState();
  const claims = new Map<FrontendKey, ReturnType<typeof claimFor>>();
  const activity = new Map<FrontendKey, Map<never, never>>();
  for (let index = 0; index < count; index++) {
    const front = frontend(addressOf(10, 96, index), 80, 'TCP');
    const owner = `default/service-${index}:http`;
    plane.acknowledge({ kind: 'own-frontend', frontend: front, owner });
    plane.acknowledge({ kind: 'open-frontend', frontend: front });
    const settings = { scheduler: 'rr', schedulerFlags: '' as const, persistenceTimeout: 0 };
    plane.acknowledge({ kind: 'add-virtual-server', frontend: front, settings });
    for (let pod = 0; pod < endpoints; pod++) {
      const server = realServer(addressOf(10, 128, index * endpoints + pod), 8080, 1);
      plane.acknowledge({ kind: 'add-real-server', frontend: front, server });
    }
    claims.set(front.key, claimFor(owner, index));
  }
  return {
    observe: async () => ({ dataplane: plane, activity, foreign: [] }),
    look: async (frontends) =>
      frontends.map(({ key }) => {
        const server = plane.virtualServers.get(key);
        return server === undefined ? { kind: 'absent' } : { kind: 'present', server, activity: new Map() };
      }),
    traffic: async () => new Map(),
    agent: () => ({
      image: plane,
      policy: plane.policy,
      desired: { virtualServers: plane.virtualServers, holderOf: (key) => claims.get(key) },
      withoutEndpoints: [],
      nodeLocal: [],
      unmet: [],
      drains: [],
      slicesOf: () => [],
      node: 'node-1',
    }),
  };
}

function claimFor(owner: string, index: number) {
  const port = { name: 'http', protocol: 'TCP', port: 80, nodePort: 0 } as const;
  const service = {
    key: serviceKey('default', `service-${index}`),
    ports: [port],
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
  } as const;
  return { owner, service, kind: 'cluster', portIndex: 0 } as const;
}

function addressOf(first: number, second: number, index: number) {
  const text = `${first}.${second + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`${text} is no address`);
  return address;
}
