import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { DONE, failed } from '../../src/model/operation.js';
import type { Problem } from '../../src/model/problem.js';
import { serviceKey } from '../../src/model/service-key.js';
import type { PassReport } from '../../src/model/sync-state.js';
import { PassLog } from '../../src/status/log/pass-log.js';
import { VIP_A } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';

const QUIET: PassReport = {
  milliseconds: 1.234,
  lag: undefined,
  services: 0,
  done: new Map(),
  refused: 0,
  skipped: 0,
  drift: 0,
};

function logInto(lines: Record<string, unknown>[], level = 'info', clock = new HandClock()): PassLog {
  return new PassLog(pino({ base: null, level }, { write: (line) => lines.push(JSON.parse(line)) }), clock);
}

describe('the log', () => {
  it('has no line for a pass that changed nothing', () => {
    const lines: Record<string, unknown>[] = [];
    logInto(lines).passed(QUIET);
    expect(lines).toEqual([]);
  });

  it('has one line with counts for a pass that changed something', () => {
    const lines: Record<string, unknown>[] = [];
    logInto(lines).passed({ ...QUIET, lag: 5.55, services: 1, done: new Map([['bind-vip', 2]]) });
    expect(lines).toMatchObject([
      {
        msg: 'programmed',
        operations: { 'bind-vip': 2 },
        services: 1,
        milliseconds: 1.2,
        lagMilliseconds: 5.6,
      },
    ]);
  });

  it('has a line for each frontend that a process of the node gets or gives back, once the kernel has it', () => {
    const lines: Record<string, unknown>[] = [];
    const dns = frontend(VIP_A, 53, 'UDP');
    const log = logInto(lines);
    const operation = { set: 'node-local', frontend: dns } as const;
    log.performed(
      [
        { ...operation, kind: 'enter-set' },
        { ...operation, kind: 'leave-set' },
        { ...operation, kind: 'enter-set' },
      ],
      [DONE, DONE, failed('ENOENT')],
    );
    expect(lines.map(({ msg }) => msg)).toEqual([
      '10.96.0.10:53/UDP is left to a process of this node, which listens there',
      '10.96.0.10:53/UDP is no longer left to a process of this node',
    ]);
  });

  it('says when only a part was programmed, and names repairs of drift', () => {
    const lines: Record<string, unknown>[] = [];
    const clock = new HandClock();
    const log = logInto(lines, 'info', clock);
    log.passed({ ...QUIET, refused: 1, done: new Map([['bind-vip', 1]]) });
    clock.advance(60_000);
    log.passed({ ...QUIET, drift: 1, done: new Map([['bind-vip', 1]]) });
    expect(lines).toMatchObject([
      { msg: 'programmed in part', refused: 1 },
      { msg: 'repaired what others had changed', drift: 1 },
    ]);
  });

  it('has no line for another attempt that the kernel refused: the problem has one', () => {
    const lines: Record<string, unknown>[] = [];
    logInto(lines).passed({ ...QUIET, refused: 1, services: 1 });
    expect(lines).toEqual([]);
  });

  it('at 500 changes a minute has a line for half a minute, with everything counted; at debug each pass', () => {
    const [info, debug]: Record<string, unknown>[][] = [[], []];
    for (const [lines, level] of [
      [info ?? [], 'info'],
      [debug ?? [], 'debug'],
    ] as const) {
      const clock = new HandClock();
      const log = logInto(lines, level, clock);
      for (let pass = 0; pass < 1_500; pass++) {
        log.passed({
          ...QUIET,
          lag: pass,
          services: 1,
          done: new Map([['bind-vip', 2]]),
        });
        clock.advance(120);
      }
      log.close();
    }
    expect(info).toHaveLength(7);
    expect(info?.map(({ passes = 1 }) => Number(passes)).reduce((sum, passes) => sum + passes)).toBe(1_500);
    expect(info?.[1]).toMatchObject({ services: 249, lagMilliseconds: 249, operations: { 'bind-vip': 498 } });
    expect(Buffer.byteLength(JSON.stringify(info))).toBeLessThan(2_000);
    expect(debug?.filter(({ level }) => level === 20)).toHaveLength(1_500);
  });

  it('has what was not summarised yet when the agent ends, and nothing after a quiet time', () => {
    const lines: Record<string, unknown>[] = [];
    const clock = new HandClock();
    const log = logInto(lines, 'info', clock);
    const pass: PassReport = { ...QUIET, services: 1, done: new Map([['bind-vip', 1]]) };
    log.passed(pass);
    clock.advance(100_000);
    expect(lines).toHaveLength(1);
    log.passed(pass);
    log.passed(pass);
    expect(lines).toHaveLength(2);
    log.close();
    expect(lines).toHaveLength(3);
    expect(clock.next).toBeUndefined();
  });

  it('writes a problem once when it comes and once when it goes', () => {
    const lines: Record<string, unknown>[] = [];
    const log = logInto(lines);
    const problem = {
      kind: 'object',
      subject: 'Service a/b',
      message: 'is odd.',
      remedy: 'Mend it.',
    } as const;
    log.problems([problem]);
    log.problems([{ ...problem }]);
    log.problems([]);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'Service a/b: is odd. Mend it.',
      'settled: Service a/b: is odd. Mend it.',
    ]);
  });

  it('has a line that repeats once a minute at most, with the number of those left out', () => {
    const lines: Record<string, unknown>[] = [];
    const clock = new HandClock();
    const log = logInto(lines, 'info', clock);
    for (let second = 0; second < 61; second++) {
      log.passFailed('the kernel does not answer.');
      clock.advance(1_000);
    }
    expect(lines).toMatchObject([
      { level: 50, msg: 'the kernel does not answer.' },
      { level: 50, msg: 'the kernel does not answer.', repeated: 59 },
    ]);
  });

  it('writes what was set up and what is not as it should be, once for many attempts', () => {
    const lines: Record<string, unknown>[] = [];
    const log = logInto(lines);
    const preparation = { done: ['made the dummy device'], warnings: ['a sysctl is read-only'] };
    log.prepared(preparation);
    log.prepared(preparation);
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      '30 made the dummy device',
      '40 a sysctl is read-only',
    ]);
  });

  it('names every changed Service and every operation at debug only', () => {
    const write = (log: PassLog) => {
      log.changed([serviceKey('default', 'web')]);
      const open = { kind: 'open-frontend', frontend: frontend(VIP_A, 80, 'TCP') } as const;
      log.performed([open, { kind: 'bind-vip', address: VIP_A }], [DONE, failed('ENODEV')]);
    };
    const [info, debug]: Record<string, unknown>[][] = [[], []];
    write(logInto(info ?? []));
    write(logInto(debug ?? [], 'debug'));
    expect(info).toEqual([]);
    expect(debug).toMatchObject([
      { service: 'default/web', msg: 'changed' },
      { outcome: 'done', msg: 'open-frontend 10.96.0.10:80/TCP' },
      { outcome: 'failed', errno: 'ENODEV', msg: 'bind-vip 10.96.0.10' },
    ]);
  });

  it('has one line for what many Services suffer from one cause, with ten of their names', () => {
    const lines: Record<string, unknown>[] = [];
    const log = logInto(lines);
    const refused = Array.from({ length: 100 }, (_, n) => refusal(`Service a/web-${n}`));
    log.problems(refused);
    log.problems(refused.slice(0, 50));
    log.problems([]);
    expect(lines).toMatchObject([
      {
        level: 40,
        msg: 'Service a/web-0: the kernel refused bind-vip Service a/web-0 (ENOMEM). It is tried again.',
        more: 90,
      },
      { level: 30, msg: expect.stringMatching(/^settled: Service a\/web-0/) },
    ]);
    expect(lines[0]?.also).toHaveLength(9);
  });

  it('names ten problems of an object, and how many more there are', () => {
    const lines: Record<string, unknown>[] = [];
    logInto(lines).problems(
      Array.from({ length: 10_000 }, (_, n) => ({ ...ODD, field: `spec.ports[${n}].port` })),
    );
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)?.msg).toBe('Service a/b: 9990 more problems.');
  });

  it('has a hundred lines about problems at once and then one in ten seconds, whatever tenants make wrong', () => {
    const lines: Record<string, unknown>[] = [];
    const clock = new HandClock();
    const log = logInto(lines, 'info', clock);
    log.problems(Array.from({ length: 1_000 }, (_, n) => ({ ...ODD, subject: `Service a/b${n}` })));
    expect(lines).toHaveLength(100);
    clock.advance(10_000);
    log.problems([]);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatchObject({ notWritten: 900 });
  });
});

const ODD = { kind: 'object', subject: 'Service a/b', message: 'is odd.', remedy: 'Mend it.' } as const;

function refusal(subject: string): Problem {
  return {
    kind: 'kernel',
    subject,
    cause: 'the kernel refuses bind-vip (ENOMEM)',
    message: `the kernel refused bind-vip ${subject} (ENOMEM).`,
    remedy: 'It is tried again.',
  };
}
