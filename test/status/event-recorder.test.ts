import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/model/event.js';
import { EventRecorder, type Occurrence } from '../../src/status/events/event-recorder.js';
import { Counts } from '../../src/status/metrics/exposition.js';
import { HandStatusClock } from '../support/status-clock.js';

const MINUTE = 60_000;
const TROUBLE: Occurrence = {
  subject: { kind: 'Service', namespace: 'default', name: 'web' },
  type: 'Warning',
  reason: 'Conflict',
  action: 'Program',
  note: 'Another program has the port.',
};

type Answer = 'sent' | 'refused' | 'no answer';

function recorder(...answers: Answer[]) {
  const clock = new HandStatusClock();
  const counts = new Counts('outcome');
  const sent: EventRecord[] = [];
  const sink = {
    async send(event: EventRecord) {
      sent.push(event);
      const answer = answers.shift() ?? 'sent';
      if (answer === 'no answer') throw new Error(answer);
      return answer;
    },
  };
  const events = new EventRecorder(sink, clock, counts);
  const outcomes = () =>
    Object.fromEntries([...counts.samples()].map(([{ outcome }, count]) => [outcome, count]));
  return { clock, events, sent, outcomes };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('an Event', () => {
  it('is sent at once, with its time and a name of its own', async () => {
    const { events, sent, outcomes } = recorder();
    events.record(TROUBLE);
    events.record({ ...TROUBLE, note: 'A third program has it too.' });
    await settled();
    expect(sent[0]).toMatchObject({
      ...TROUBLE,
      count: 1,
      first: 1_767_225_600_000,
      last: 1_767_225_600_000,
    });
    expect(sent[0]?.name).toMatch(/^web\.[0-9a-f]+$/);
    expect(sent[1]?.name).not.toBe(sent[0]?.name);
    expect(outcomes()).toEqual({ sent: 2 });
  });

  it('that repeats becomes a series, sent every six minutes at most', async () => {
    const { clock, events, sent } = recorder();
    for (let minute = 0; minute < 13; minute++) {
      events.record(TROUBLE);
      clock.advance(MINUTE);
    }
    await settled();
    expect(sent.map(({ count }) => count)).toEqual([1, 7, 13]);
    expect(new Set(sent.map(({ name }) => name)).size).toBe(1);
    expect(sent[2]).toMatchObject({ first: sent[0]?.first, last: (sent[0]?.first ?? 0) + 12 * MINUTE });
  });

  it('that comes back after a quiet time is a new one', async () => {
    const { clock, events, sent } = recorder();
    events.record(TROUBLE);
    clock.advance(6 * MINUTE);
    events.record(TROUBLE);
    await settled();
    expect(sent.map(({ count }) => count)).toEqual([1, 1]);
    expect(sent[0]?.name).not.toBe(sent[1]?.name);
  });

  it('that every node finds out has one name in the whole cluster and no count', async () => {
    const [one, other] = [recorder(), recorder()];
    other.clock.advance(1_000);
    for (const { events, clock } of [one, other])
      for (let minute = 0; minute < 8; minute++) {
        events.record({ ...TROUBLE, everywhere: true });
        clock.advance(MINUTE);
      }
    await settled();
    expect([...one.sent, ...other.sent].map(({ count }) => count)).toEqual([1, 1]);
    expect(one.sent[0]?.name).toBe(other.sent[0]?.name);
  });

  it('has a name that the API server takes, however long its object is called', async () => {
    const { events, sent } = recorder();
    events.record({ ...TROUBLE, subject: { kind: 'Node', name: `${'n'.repeat(219)}-${'x'.repeat(33)}` } });
    await settled();
    expect(sent[0]?.name).toMatch(/^n{219}\.[0-9a-f]+$/);
  });
});

describe('Events are rationed', () => {
  it('for each object', async () => {
    const { clock, events, sent, outcomes } = recorder();
    const record = (from: number, count: number) => {
      for (let n = from; n < from + count; n++) events.record({ ...TROUBLE, note: `Trouble ${n}.` });
    };
    record(0, 12);
    await settled();
    expect(outcomes()).toEqual({ sent: 10, dropped: 2 });
    events.record({ ...TROUBLE, subject: { kind: 'Node', name: 'node-1' } });
    clock.advance(5 * MINUTE);
    record(12, 2);
    await settled();
    expect(sent).toHaveLength(12);
  });

  it('in all', async () => {
    const { events, outcomes } = recorder();
    for (let n = 0; n < 60; n++)
      events.record({ ...TROUBLE, subject: { kind: 'Service', namespace: 'a', name: `web-${n}` } });
    await settled();
    expect(outcomes()).toEqual({ sent: 50, dropped: 10 });
  });
});

describe('an Event that cannot be sent', () => {
  it('is tried three times with a pause, and then given up', async () => {
    const { clock, events, sent, outcomes } = recorder('no answer', 'no answer', 'no answer');
    events.record(TROUBLE);
    for (let pause = 0; pause < 2; pause++) {
      await settled();
      clock.advance(10_000);
    }
    await settled();
    expect(sent).toHaveLength(3);
    expect(outcomes()).toEqual({ failed: 1 });
    expect(clock.next).toBeUndefined();
  });

  it('because the API server will not have it is not tried again', async () => {
    const { clock, events, outcomes } = recorder('refused');
    events.record(TROUBLE);
    await settled();
    expect(clock.next).toBeUndefined();
    expect(outcomes()).toEqual({ refused: 1 });
  });

  it('holds up at most 200 others', async () => {
    const { clock, events, outcomes } = recorder('no answer', 'no answer', 'no answer');
    for (let n = 0; n < 205; n++) {
      clock.advance(1_000);
      events.record({ ...TROUBLE, subject: { kind: 'Service', namespace: 'a', name: `web-${n}` } });
    }
    expect(outcomes()).toEqual({ dropped: 4 });
  });

  it('does not keep the agent from ending', async () => {
    const { clock, events, outcomes } = recorder('no answer');
    events.record(TROUBLE);
    await settled();
    events.close();
    await settled();
    expect(clock.next).toBeUndefined();
    expect(outcomes()).toEqual({ failed: 1 });
    events.record({ ...TROUBLE, note: 'Too late.' });
    expect(outcomes()).toEqual({ failed: 1, dropped: 1 });
  });

  it('does not keep the agent from ending where its request fails after the end', async () => {
    const { clock, events } = recorder('no answer');
    events.record(TROUBLE);
    events.close();
    await settled();
    expect(clock.next).toBeUndefined();
  });
});
