import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { PassReport } from '../../src/model/sync-state.js';
import { PassLog } from '../../src/status/pass-log.js';

const QUIET: PassReport = {
  milliseconds: 1.234,
  lag: undefined,
  services: 0,
  done: new Map(),
  refused: 0,
  skipped: 0,
  drift: 0,
};

function logInto(lines: Record<string, unknown>[]): PassLog {
  return new PassLog(pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) }));
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
});
