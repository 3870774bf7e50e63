import { describe, expect, it, vi } from 'vitest';
import { runStatus, statusText } from '../../src/cli/status.js';
import { frontend } from '../../src/model/frontend.js';
import type { AgentStatus, StatusReport } from '../../src/model/status-report.js';
import { VIP_B } from '../support/addresses.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

const AGENT: AgentStatus = {
  version: '0.1.0',
  complete: true,
  synced: true,
  services: 2,
  totals: { passes: 1, operations: 9, refused: 0, drift: 0 },
  lastPassSeconds: 0.01,
  lagSeconds: 0.042,
  drains: 1,
  watch: [
    { resource: 'services', objects: 2, complete: true, events: 7, served: true, failures: 0 },
    {
      resource: 'endpointslices.discovery.k8s.io',
      objects: 3,
      complete: true,
      events: 1,
      served: true,
      failures: 2,
    },
    { resource: 'servicecidrs', objects: 0, complete: true, events: 0, served: false, failures: 0 },
  ],
  node: 'node-1',
  nodeVersion: 'v20.19.0',
  kernel: 'Linux 6.12.0; IPVS 1.2.1 for IPv4 and IPv6',
  auditRoundSeconds: 30,
  problems: [],
};

const COUNTS = { virtualServers: 1, realServers: 2, draining: 1, foreign: 0 };

const lines = (over: Partial<StatusReport> = {}) =>
  statusText({
    version: 1,
    agent: AGENT,
    counts: COUNTS,
    virtualServers: [],
    unmet: [],
    withoutEndpoints: [],
    ...over,
  }).split('\n');

describe('the status', () => {
  it('is short: verdict, facts of the agent, and where the tables are', async () => {
    const text = lines();
    expect(text.filter(({ length }) => length > 80)).toEqual([]);
    await expect(text.join('\n')).toMatchFileSnapshot('golden/status.txt');
  });

  it('says in the first line that the agent is not running', () => {
    expect(lines({ agent: undefined })[0]).toBe(
      'No agent answers. The kernel has 1 virtual server, 2 real servers.',
    );
  });

  it('is a report also where neither an agent answers nor the kernel can be read', async () => {
    const shown = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const look = async () => {
      throw Object.assign(new Error('this kernel has no IPVS.'), { remedy: 'Load it.' });
    };
    const run = (output: 'table' | 'json') => runStatus({ adminSocket: '/nowhere/admin.sock', output }, look);
    expect([await run('table'), await run('json')]).toEqual([3, 3]);
    const [text, json] = shown.mock.calls.map(([written]) => String(written));
    shown.mockRestore();
    expect(text).toBe(`No agent answers, and nothing can be seen in the kernel: this kernel has no
IPVS. Load it.

kube-ipvs-proxy check shows what this node needs for Services.
`);
    expect(JSON.parse(json ?? '')).toMatchObject({
      version: 1,
      kernelFailure: 'this kernel has no IPVS. Load it.',
    });
    expect(schemaBreaches(JSON.parse(json ?? ''), readSchema('status.v1.json'))).toEqual([]);
  });

  it('puts problems right below the verdict', () => {
    const problems = [
      { kind: 'object', subject: 'Service default/x', field: 'spec', message: 'is odd.', remedy: 'Mend it.' },
    ] as const;
    expect(lines({ agent: { ...AGENT, problems } }).slice(0, 2)).toEqual([
      'In sync with 1 problem: 2 Services, 1 virtual server, 2 real servers.',
      '! Service default/x, spec: is odd. Mend it.',
    ]);
  });

  it('distinguishes what is not acknowledged yet from what the source has not sent yet', () => {
    expect(lines({ agent: { ...AGENT, synced: false } })[0]).toMatch(/^Not in sync:/);
  });

  it('names what keeps it from starting', () => {
    const starting = { ...AGENT, complete: false };
    const problem = {
      kind: 'source',
      subject: 'The API server',
      cause: 'the API server cannot be reached',
      message: 'https://192.0.2.1:6443 does not answer.',
      remedy: 'Look at the network.',
    } as const;
    const size = 'The kernel has 1 virtual server, 2 real servers.';
    const text = lines({ agent: { ...starting, problems: [problem] } });
    expect(text.filter(({ length }) => length > 80)).toEqual([]);
    expect(text.join(' ')).toContain(`Not started: the API server cannot be reached. ${size}`);
    expect(text[2]).toBe('! The API server: https://192.0.2.1:6443 does not answer. Look at the network.');
    const [services] = AGENT.watch ?? [];
    const watch = services === undefined ? [] : [{ ...services, complete: false }];
    expect(lines({ agent: { ...starting, watch } }).join(' ')).toContain(
      `Not started: services have not arrived in full yet. ${size}`,
    );
    expect(lines({ agent: { ...starting, watch: undefined } }).join(' ')).toContain(
      `Not started: the source has not sent everything yet. ${size}`,
    );
  });

  it('lists what is not as its Service wants it, with the reason, ten of each state', () => {
    const { key: unmet, ...where } = frontend(VIP_B, 81, 'TCP');
    const at = { ...where, frontend: unmet, service: 'default/late' };
    const refused = { ...at, state: 'refused' as const, reason: 'the kernel refused it (ENOENT).' };
    const pending = Array.from({ length: 12 }, () => ({
      ...at,
      state: 'pending' as const,
      reason: undefined,
    }));
    const text = lines({ unmet: [refused, ...pending] });
    const from = text.indexOf('Not as their Services want them:') + 1;
    expect(text[from]).toBe('  default/late  10.96.0.11:81/TCP  refused  the kernel refused it (ENOENT).');
    expect(text.slice(from + 1).filter((line) => line.endsWith('pending'))).toHaveLength(10);
    expect(text).toContain('  2 more pending, all of them with -o json.');
  });

  it('says what the slices offer where none of them has the port', () => {
    const { key: refused, ...where } = frontend(VIP_B, 81, 'TCP');
    const front = { ...where, frontend: refused, service: 'default/empty', offered: '"web"/TCP' };
    expect(lines({ withoutEndpoints: [front] })).toContain(
      '  default/empty  10.96.0.11:81/TCP  its EndpointSlices offer "web"/TCP instead',
    );
  });

  it('lists what is left to processes of the node', () => {
    const { key: left, ...where } = frontend(VIP_B, 53, 'UDP');
    const text = lines({ nodeLocal: [{ ...where, frontend: left, service: 'kube-system/kube-dns:dns' }] });
    const from = text.indexOf('Left to a process of this node, which listens there:');
    expect(text[from + 1]).toBe('  kube-system/kube-dns:dns  10.96.0.11:53/UDP');
  });

  it('counts virtual servers of other programs and lists refused frontends, ten of them', () => {
    const { key: refused, ...where } = frontend(VIP_B, 81, 'TCP');
    const one = { ...where, frontend: refused, service: 'default/empty' };
    const text = lines({
      counts: { ...COUNTS, foreign: 3 },
      withoutEndpoints: Array.from({ length: 12 }, () => one),
    });
    expect(text).toContain('foreign    3 virtual servers of other programs');
    const from = text.indexOf('Refused, because the Service has no usable endpoint:');
    expect(text[from + 1]).toBe('  default/empty  10.96.0.11:81/TCP');
    expect(text[from + 11]).toBe('  2 more, all of them with -o json.');
  });

  it('names ten problems of one cause or one object, and how many more there are', () => {
    const problems = Array.from({ length: 500 }, (_, n) => ({
      kind: 'conflict' as const,
      subject: 'Service a/b',
      message: `port ${n} is taken.`,
      remedy: 'Take another.',
    }));
    const problemLines = lines({ agent: { ...AGENT, problems } }).filter((line) => line.startsWith('!'));
    expect(problemLines).toHaveLength(11);
    expect(problemLines.at(-1)).toBe('! Service a/b: 490 more, all of them with -o json.');
  });
});
