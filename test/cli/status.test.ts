import { describe, expect, it } from 'vitest';
import { statusTable } from '../../src/cli/status.js';
import { frontend } from '../../src/model/frontend.js';
import { realServer } from '../../src/model/real-server.js';
import type { AgentStatus, StatusReport, VirtualServerStatus } from '../../src/model/status-report.js';
import { POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';

const AGENT: AgentStatus = {
  version: '0.1.0',
  complete: true,
  synced: true,
  services: 2,
  totals: { passes: 1, operations: 9, refused: 0, drift: 0 },
  lastPassSeconds: 0.01,
  auditRoundSeconds: 30,
  problems: [],
};

const server = (address: typeof POD_1, weight: number, drainSecondsLeft?: number) => ({
  key: realServer(address, 8080, weight).key,
  address,
  port: 8080,
  weight,
  active: 2,
  inactive: 1,
  drainSecondsLeft,
});

const { key, ...place } = frontend(VIP_A, 80, 'TCP');
const WEB: VirtualServerStatus = {
  ...place,
  service: 'default/web:http',
  frontend: key,
  state: 'programmed',
  scheduler: 'rr',
  persistenceTimeout: 10_800,
  realServers: [server(POD_1, 1), server(POD_2, 0, 14)],
};

const lines = (over: Partial<StatusReport> = {}) =>
  statusTable({
    version: 1,
    agent: AGENT,
    virtualServers: [WEB],
    unmet: [],
    withoutEndpoints: [],
    ...over,
  }).split('\n');

describe('the status table', () => {
  it('shows verdict, headings, Services and servers in columns, with the reason for a weight of 0', () => {
    expect(lines()).toEqual([
      'In sync: 2 Services, 1 virtual server, 2 real servers.',
      'What others change is found within 30 seconds.',
      '',
      'SERVICE               VIP:PORT           SCHEDULER  AFFINITY  STATE',
      '  -> REAL SERVER      WEIGHT             ACTIVE     INACTIVE',
      'default/web:http      10.96.0.10:80/TCP  rr         10800s    programmed',
      '  -> 10.244.0.1:8080  1                  2          1',
      '  -> 10.244.0.2:8080  0                  2          1         drains 14s',
      '',
    ]);
  });

  it('says in the first line that the agent is not running', () => {
    expect(lines({ agent: undefined })[0]).toBe(
      'The agent is not running. The kernel has 1 virtual server, 2 real servers.',
    );
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
    expect(lines({ agent: { ...AGENT, complete: false } })[0]).toMatch(/^Waiting for the source/);
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
    expect(text.at(-2)).toBe('  2 more pending, all of them with -o json.');
  });

  it('says what the slices offer where none of them has the port', () => {
    const { key: refused, ...where } = frontend(VIP_B, 81, 'TCP');
    const front = { ...where, frontend: refused, service: 'default/empty', offered: '"web"/TCP' };
    expect(lines({ withoutEndpoints: [front] }).at(-2)).toBe(
      '  default/empty  10.96.0.11:81/TCP  its EndpointSlices offer "web"/TCP instead',
    );
  });

  it('marks virtual servers of other programs and lists refused frontends', () => {
    const { key: refused, ...where } = frontend(VIP_B, 81, 'TCP');
    const text = lines({
      virtualServers: [{ ...WEB, service: undefined, state: 'foreign' }],
      withoutEndpoints: [{ ...where, frontend: refused, service: 'default/empty' }],
    });
    expect(text.some((line) => line.startsWith('(not ours)') && line.endsWith('foreign'))).toBe(true);
    expect(text.slice(-3)).toEqual([
      'Refused, because the Service has no usable endpoint:',
      '  default/empty  10.96.0.11:81/TCP',
      '',
    ]);
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
