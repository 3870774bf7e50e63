import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  bundleName,
  fetchSupportBundle,
  runSupportBundle,
} from '../../src/cli/support-bundle/support-bundle.js';
import type { SupportSource } from '../../src/model/support-source.js';
import { AnsweringAgent } from '../support/cli.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

const KEY = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhki'.repeat(8)}\n-----END PRIVATE KEY-----`;
/** As they would stand in a log, an environment, a header and a kubeconfig. */
const SECRETS = [
  KEY,
  'Authorization: Bearer opaque-token',
  'KUBE_TOKEN=opaque-token',
  'https://bob:opaque-token@proxy:3128',
  `client-certificate-data: ${Buffer.from(KEY).toString('base64')}`,
  '{"password":"opaque-token"}',
].join('\n');
const LEAKED = /opaque-token|MIIEvQ|LS0tLS1CRUdJTi/;

const PATHS = {
  '/status': async () => ({ said: SECRETS, verdict: 'in sync' }),
  '/services': async function* () {
    yield [{ service: 'default/web', said: SECRETS }];
  },
  '/diff': async function* () {
    yield [{ key: SECRETS }];
  },
  '/events': async function* () {
    yield [{ text: SECRETS }];
  },
  '/metrics': async () => `# ${SECRETS}\nkubeproxy_up 1\n`,
  '/configz': async () => JSON.stringify({ env: SECRETS }),
  '/flagz': async () => SECRETS,
  '/statusz': async () => SECRETS,
  '/log': async () => `${JSON.stringify({ level: 30, msg: SECRETS })}\n`,
};

const source = (name: string, read: SupportSource['read']): SupportSource => ({ name, read });

let folder: string;
let agent: AnsweringAgent | undefined;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await agent?.close();
  agent = undefined;
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'b.tar.gz');
const member = (name: string) =>
  execFileSync('tar', ['-xzOf', file(), `kube-ipvs-proxy-support/${name}`], { encoding: 'utf8' });
const all = () => execFileSync('tar', ['-xzOf', file()], { encoding: 'utf8' });

interface Manifest {
  readonly agent: string;
  readonly members: readonly { name: string; bytes: number; redactions: number; isCut: boolean }[];
  readonly failures: readonly { name: string; reason: string }[];
}

const manifest = () => JSON.parse(member('manifest.json')) as Manifest;

async function bundle(
  sources: readonly SupportSource[] = [],
  {
    routes = PATHS,
    timeLimit = 20,
    output = file(),
  }: { routes?: object | null; timeLimit?: number; output?: string } = {},
): Promise<number> {
  if (routes !== null) {
    agent = new AnsweringAgent(routes as typeof PATHS);
    await agent.listen();
  }
  const adminSocket = agent?.socket ?? join(folder, 'none.sock');
  return runSupportBundle(
    { adminSocket, output, timeLimit },
    { version: '1.2.3', sources: async () => sources },
  );
}

describe('the archive', () => {
  it('lets none of the secrets out that every source has, nor one in the reason of a failure', async () => {
    const code = await bundle([
      source('kernel/version.txt', async () => SECRETS),
      source('kernel/rules.txt', async () => {
        throw new Error(`it said ${SECRETS}`);
      }),
    ]);
    expect(code).toBe(1);
    expect(all()).not.toMatch(LEAKED);
    const { members, failures } = manifest();
    expect(members.map(({ name, redactions }) => [name, redactions >= 5])).toEqual(
      [
        'status.json',
        'services.jsonl',
        'diff.jsonl',
        'events.jsonl',
        'metrics.txt',
        'configz.json',
        'flagz.txt',
        'statusz.txt',
        'log.jsonl',
      ]
        .map((name) => [`agent/${name}`, true])
        .concat([['kernel/version.txt', true]]),
    );
    expect(failures).toEqual([{ name: 'kernel/rules.txt', reason: expect.stringContaining('it said') }]);
    expect(said).toContain('Missing: kernel/rules.txt.');
  });

  it('is read by tar, is for its owner alone, and lists all that it has', async () => {
    expect(await bundle([source('kernel/load.txt', async () => '0.1\n')])).toBe(0);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(spawnSync('tar', ['-tzf', file()], { encoding: 'utf8' }).stdout.split('\n').slice(0, 2)).toEqual([
      'kube-ipvs-proxy-support/manifest.json',
      'kube-ipvs-proxy-support/agent/status.json',
    ]);
    expect(member('kernel/load.txt')).toBe('0.1\n');
    expect(member('agent/metrics.txt')).toContain('kubeproxy_up 1\n');
    const list = JSON.parse(member('manifest.json')) as { members: { name: string; bytes: number }[] };
    expect(schemaBreaches(list, readSchema('support-bundle.v1.json'))).toEqual([]);
    for (const { name, bytes } of list.members) expect(Buffer.byteLength(member(name))).toBe(bytes);
  });

  it('has what the kernel says where no agent runs, says so, and ends with 3', async () => {
    expect(await bundle([source('kernel/load.txt', async () => '0.1\n')], { routes: null })).toBe(3);
    expect(manifest().agent).toBe('no answer');
    expect(manifest().failures[0]?.reason).toContain('ENOENT');
    expect(manifest().failures).toHaveLength(Object.keys(PATHS).length);
    expect(member('kernel/load.txt')).toBe('0.1\n');
    expect(said).toContain('No agent answered: it has what the kernel says.');
  });

  it('names what an older agent does not know', async () => {
    const { '/log': _, ...routes } = PATHS;
    expect(await bundle([], { routes })).toBe(1);
    expect(manifest().failures).toEqual([
      { name: 'agent/log.jsonl', reason: expect.stringContaining('the agent answered 404: no such path') },
    ]);
  });

  it('waits for a silent agent once, and for a silent kernel no longer than it may', async () => {
    const never = () => new Promise<never>(() => undefined);
    const start = performance.now();
    const sources = [source('kernel/rules.txt', never), source('kernel/load.txt', async () => '0.1\n')];
    expect(await bundle(sources, { routes: { ...PATHS, '/status': never }, timeLimit: 1 })).toBe(3);
    expect(performance.now() - start).toBeLessThan(6_000);
    expect(manifest().failures.map(({ reason }) => reason)).toContain('the time for the archive was over');
  });

  it('has the beginning of what is too long, and nothing once it is full', async () => {
    const long = 'a line of a long text\n'.repeat(500_000);
    const sources = Array.from({ length: 7 }, (_, index) => source(`kernel/${index}.txt`, async () => long));
    expect(await bundle(sources, { routes: null })).toBe(3);
    const { members, failures } = manifest();
    expect(members[0]).toEqual({ name: 'kernel/0.txt', bytes: 8 * 1024 * 1024, redactions: 0, isCut: true });
    expect(failures.at(-1)).toEqual({ name: 'kernel/6.txt', reason: 'the archive was full' });
    expect(statSync(file()).size).toBeLessThan(1024 * 1024);
  });

  it('replaces no file, follows no link, and says so before anything is asked', async () => {
    writeFileSync(file(), 'mine');
    expect(await bundle()).toBe(2);
    expect(readFileSync(file(), 'utf8')).toBe('mine');
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));
    expect(await bundle([], { routes: null, output: join(folder, 'link') })).toBe(2);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
    expect(await bundle([], { routes: null, output: '/nowhere/b.tar.gz' })).toBe(2);
    expect(said).toMatch(/is there already[\s\S]*ENOENT/);
  });

  it('goes to stdout and nothing else does', async () => {
    const pieces: Uint8Array[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation(((piece: Uint8Array, done: () => void) => {
      pieces.push(piece);
      done();
      return true;
    }) as typeof process.stdout.write);
    await bundle([], { output: '-' });
    writeFileSync(file(), Buffer.concat(pieces));
    expect(manifest().agent).toBe('answered');
  });

  it('is named by node and time', () => {
    expect(bundleName('node-1', new Date(Date.UTC(2026, 10, 29, 8, 15)))).toBe(
      'kube-ipvs-proxy-support-node-1-20261129T081500Z.tar.gz',
    );
  });
});

describe('the archive of another node', () => {
  it('is laid down here as it comes, also where a byte ends a line', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0x0a, 0x00, 0x0a, 0xff]);
    const code = await fetchSupportBundle('node-2', file(), async (stdout) => {
      stdout.write(bytes.subarray(0, 3));
      stdout.write(bytes.subarray(3));
      return 3;
    });
    expect(code).toBe(3);
    expect(readFileSync(file())).toEqual(bytes);
    expect(said).toBe(`It is in ${file()}.\n`);
  });

  it('leaves no empty file where the agent does not know the command', async () => {
    expect(await fetchSupportBundle('node-2', file(), async () => 2)).toBe(2);
    expect(existsSync(file())).toBe(false);
  });
});
