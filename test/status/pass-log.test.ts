import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { DONE, failed } from '../../src/model/outcome.js';
import { serviceKey } from '../../src/model/service-key.js';
import type { PassReport } from '../../src/model/sync-state.js';
import { PassLog } from '../../src/status/pass-log.js';
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

  it('warns when the kernel refused a part, and tells repairs of drift apart', () => {
    const lines: Record<string, unknown>[] = [];
    const log = logInto(lines);
    log.passed({ ...QUIET, refused: 1 });
    log.passed({ ...QUIET, drift: 1, done: new Map([['bind-vip', 1]]) });
    expect(lines).toMatchObject([
      { level: 40, msg: 'programmed in part' },
      { level: 30, msg: 'repaired what others had changed' },
    ]);
  });

  it('has ten lines for ten thousand problems that come at once, and a line with the number of the others', () => {
    const lines: Record<string, unknown>[] = [];
    const log = logInto(lines);
    const problems = Array.from({ length: 10_000 }, (_, index) => ({
      kind: 'conflict' as const,
      subject: `Service default/s${index}`,
      message: 'somebody else has it.',
      remedy: 'Mend it.',
    }));
    log.problems(problems);
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toMatchObject({ msg: 'and 9990 more problems; status shows them', more: 9_990 });
    log.problems([]);
    expect(lines).toHaveLength(22);
  });

  it('tells of a problem once when it comes and once when it goes', () => {
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

  it('tells what was set up and what is not as it should be, once for many attempts', () => {
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
    const tell = (log: PassLog) => {
      log.changed([serviceKey('default', 'web')]);
      const open = { kind: 'open-frontend', frontend: frontend(VIP_A, 80, 'TCP') } as const;
      log.performed([open, { kind: 'bind-vip', address: VIP_A }], [DONE, failed('ENODEV')]);
    };
    const [info, debug]: Record<string, unknown>[][] = [[], []];
    tell(logInto(info ?? []));
    tell(logInto(debug ?? [], 'debug'));
    expect(info).toEqual([]);
    expect(debug).toMatchObject([
      { service: 'default/web', msg: 'changed' },
      { outcome: 'done', msg: 'open-frontend 10.96.0.10:80/TCP' },
      { outcome: 'failed', errno: 'ENODEV', msg: 'bind-vip 10.96.0.10' },
    ]);
  });
});
