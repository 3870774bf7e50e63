import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COLOURED, PLAIN } from '../../src/cli/paragraph.js';
import { tryConnections } from '../../src/cli/why/try-connections.js';
import { explanation, questionOf, runWhy, type WhyOptions, whyText } from '../../src/cli/why/why.js';
import { CODES, type Code } from '../../src/diagnosis/codes.js';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import { pathLines } from '../../src/diagnosis/path-lines.js';
import { NO_TRAFFIC, type Traffic } from '../../src/model/counters.js';
import type { RealServerKey } from '../../src/model/real-server.js';
import { answer, endpoint, evidence, FRONT, kernel, seen, service, wanted } from '../diagnosis/facts.js';
import { address, POD_1 } from '../support/addresses.js';

const OPTIONS: WhyOptions = { adminSocket: '/nowhere/admin.sock', output: 'text' };

describe('what is asked', () => {
  it.each([
    ['web', { service: 'default/web' }],
    ['shop/web', { service: 'shop/web' }],
    ['10.96.0.1', { service: undefined, vip: '10.96.0.1', port: undefined }],
    ['10.96.0.1:80', { vip: '10.96.0.1', port: 80 }],
    ['fd00:96:0::1', { vip: 'fd00:96::1', port: undefined }],
    ['[fd00:96::1]:80', { vip: 'fd00:96::1', port: 80 }],
  ])('%s', (subject, question) => {
    expect(questionOf(subject, {})).toMatchObject(question);
  });

  it.each([
    ['10.96.0.256:80', {}, "'10.96.0.256' is no address; expected one like 10.96.0.1"],
    ['10.96.0.1:http', {}, "'http' is no port; expected a number from 1 to 65535"],
    ['10.96.0.1:0', {}, "'0' is no port"],
    ['Web', {}, "'Web' is neither a Service nor an address; expected NAMESPACE/SERVICE"],
    ['a/b/c', {}, 'expected NAMESPACE/SERVICE'],
    ['', {}, 'expected NAMESPACE/SERVICE'],
    ['web', { port: '70000' }, "'70000' is no port"],
    ['10.96.0.1:80', { port: '81' }, 'two ports are asked about, 80 and 81'],
    ['web', { from: 'moon' }, "'moon' is no client; expected the address of a pod, node, or outside"],
  ])('is refused with what was expected: %s %j', (subject, options, sentence) => {
    expect(() => questionOf(subject, options)).toThrow(sentence);
  });
});

describe('the text', () => {
  const broken = evidence({
    answer: answer(
      service({
        endpoints: [endpoint(POD_1, { ready: false, serving: false })],
        frontends: [wanted({ desired: undefined })],
      }),
    ),
    kernel: kernel({
      frontends: [seen({ isOpen: false, presence: 'absent', servers: [], owner: undefined })],
    }),
  });

  it('says whether packets go through, and in which direction', () => {
    const total = { ...NO_TRAFFIC, connections: 1 };
    const text = (more: Traffic) => {
      const frontends = [{ frontend: FRONT.key, total, more }];
      const measured = evidence({ kernel: kernel({ traffic: { milliseconds: 500, frontends } }) });
      return whyText(diagnose(measured), pathLines(measured, diagnose(measured)), PLAIN);
    };
    expect(text(NO_TRAFFIC)).toContain(
      'Seen   10.96.0.10:80/TCP: 1 connection so far, no packet within 0.5 s\n',
    );
    expect(text({ ...NO_TRAFFIC, connections: 1, inPackets: 3 })).toContain(
      `Seen   10.96.0.10:80/TCP: 1 connection so far, within 0.5 s 1 new, 3 packets
       from clients, 0 back`,
    );
  });

  it('has the verdict first, then the path, then what to do, within 80 columns', () => {
    const diagnosis = diagnose(broken);
    const text = whyText(diagnosis, pathLines(broken, diagnosis), PLAIN);
    expect(text).toBe(`default/web: its one endpoint is not ready: 10.244.0.1 (KIP102).

API    ClusterIP 10.96.0.10, ports 80/TCP to 9376
       internalTrafficPolicy Cluster, externalTrafficPolicy Cluster
       selector app=web
       1 endpoint in 1 EndpointSlice
         10.244.0.1:9376 on node-1: left out, not ready
       ! its one endpoint is not ready: 10.244.0.1 (KIP102)
Node   10.96.0.10:80/TCP programmed
         10.96.0.10 is bound, guarded, not open
         not masqueraded for clients inside, unless the server is the client
         itself
         no virtual server

What to do
KIP102  See why the pod is not ready: kubectl describe pod. Where no pod is to
        be waited for, the Service may set publishNotReadyAddresses.

More on it: kube-ipvs-proxy why --explain KIP102, docs/troubleshooting.md
`);
  });

  it('is coloured for a terminal alone', () => {
    const diagnosis = diagnose(evidence());
    const lines = whyText(diagnosis, [], COLOURED).trimEnd().split('\n');
    expect(lines.every((line) => line.startsWith('\u001b[32m') && line.endsWith('\u001b[0m'))).toBe(true);
    expect(whyText(diagnosis, [], PLAIN)).not.toContain('\u001b');
  });

  it.each(Object.keys(CODES) as Code[])('explains %s within 80 columns', (code) => {
    const lines = explanation(code).split('\n');
    expect(lines[0]).toBe(`${code} ${CODES[code].title}`);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

describe('the command', () => {
  let written = '';
  let complained = '';

  beforeEach(() => {
    [written, complained] = ['', ''];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      complained += String(text);
      return true;
    });
  });

  afterEach(() => vi.restoreAllMocks());

  const look = async () => kernel();

  it('answers from the kernel alone where no agent runs, and says so', async () => {
    expect(await runWhy('web', OPTIONS, look)).toBe(0);
    expect(written).toContain('no agent answers, so that this is what the kernel alone says (KIP601)');
  });

  it('ends with 1 for a cause and with 4 where nothing is found', async () => {
    expect(await runWhy('web', OPTIONS, async () => kernel({ frontends: [seen({ isBound: false })] }))).toBe(
      1,
    );
    expect(await runWhy('web', OPTIONS, async () => kernel({ frontends: [] }))).toBe(4);
  });

  it('says that the kernel could not be read', async () => {
    const denied = () => Promise.reject(new Error('the kernel answers EPERM'));
    expect(await runWhy('web', OPTIONS, denied)).toBe(4);
  });

  it('writes JSON with a version and everything that was found out', async () => {
    await runWhy('web', { ...OPTIONS, output: 'json' }, look);
    const value = JSON.parse(written) as object;
    expect(value).toMatchObject({ version: 1, verdict: 'works', causes: [], remarks: [{ code: 'KIP601' }] });
    expect(Object.keys(value)).toEqual(expect.arrayContaining(['question', 'sentence', 'path', 'kernel']));
  });

  it('explains a code, in whatever letters, and refuses an unknown one', async () => {
    expect(await runWhy(undefined, { ...OPTIONS, explain: 'kip102' }, look)).toBe(0);
    expect(written).toContain('KIP102 endpoint not ready');
    expect(await runWhy(undefined, { ...OPTIONS, explain: 'KIP999' }, look)).toBe(2);
    expect(complained).toContain("there is no code 'KIP999'");
  });

  it('refuses what makes no sense with 2 and one sentence', async () => {
    expect(await runWhy(undefined, OPTIONS, look)).toBe(2);
    expect(await runWhy('Web', OPTIONS, look)).toBe(2);
    expect(complained.trim().split('\n')).toHaveLength(2);
  });
});

describe('a connection that is tried', () => {
  const LOOPBACK = address('127.0.0.1');
  let server: Server;

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('is answered or refused, each place once, and not where the policy would drop it', async () => {
    server = createServer((socket) => socket.end());
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    const closed = await freePort();
    const servers = [port, closed].map((number) => ({
      key: `127.0.0.1:${number}` as RealServerKey,
      weight: 1,
    }));
    const desired = { scheduler: 'rr', persistenceTimeout: 0, servers };
    const own = wanted({ address: LOOPBACK, port, desired });
    const shut = wanted({ address: LOOPBACK, port: closed, desired, traffic: ['restricted'] });
    const focus = [own, own, shut].map((one) => ({ key: FRONT.key, wanted: one, seen: undefined }));
    const results = await tryConnections(focus);
    expect(results.map((one) => [one.target, one.port, one.result])).toEqual([
      ['frontend', port, 'answered'],
      ['endpoint', port, 'answered'],
      ['endpoint', closed, 'refused'],
    ]);
  });
});

/** One that nobody listens at. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
