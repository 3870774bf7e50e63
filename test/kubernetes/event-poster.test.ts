import { describe, expect, it } from 'vitest';
import { EventPoster, eventObject } from '../../src/kubernetes/event-poster.js';
import type { ApiRequest, ApiTransport } from '../../src/kubernetes/transport/api-transport.js';
import type { EventRecord } from '../../src/model/event.js';

const REPORTER = { controller: 'kube-ipvs-proxy', instance: 'kube-ipvs-proxy-node-1' };
const EVENT: EventRecord = {
  subject: { kind: 'Service', namespace: 'shop', name: 'web', uid: 'uid-1' },
  type: 'Warning',
  reason: 'Conflict',
  action: 'Program',
  note: 'Somebody has the port.',
  name: 'web.1a2b',
  first: 1_767_225_600_123,
  last: 1_767_225_660_000,
  count: 1,
};
const EVENTS = '/apis/events.k8s.io/v1/namespaces/shop/events';

function poster(...statuses: number[]) {
  const asked: ApiRequest[] = [];
  const transport: ApiTransport = {
    async request(request) {
      asked.push(request);
      return { status: statuses.shift() ?? 201, headers: {}, body: (async function* () {})() };
    },
    isReachable: async () => true,
    close: async () => undefined,
  };
  return { asked, sink: new EventPoster(() => transport, REPORTER) };
}

describe('an Event for the API server', () => {
  it('has every field that events.k8s.io/v1 insists on', () => {
    expect(eventObject(EVENT, REPORTER)).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'web.1a2b', namespace: 'shop' },
      eventTime: '2026-01-01T00:00:00.123000Z',
      reportingController: 'kube-ipvs-proxy',
      reportingInstance: 'kube-ipvs-proxy-node-1',
      action: 'Program',
      reason: 'Conflict',
      regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'uid-1' },
      note: 'Somebody has the port.',
      type: 'Warning',
    });
  });

  it('about a Node is in the namespace default', () => {
    const event = { ...EVENT, subject: { kind: 'Node', name: 'node-1' } } as const;
    expect(eventObject(event, REPORTER)).toMatchObject({ metadata: { namespace: 'default' } });
  });

  it('has a note of 1024 bytes at most, with no half character', () => {
    const { note } = eventObject({ ...EVENT, note: 'ä'.repeat(600) }, REPORTER) as { note: string };
    expect(note).toBe(`${'ä'.repeat(510)}…`);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    const whole = 'ä'.repeat(512);
    expect(eventObject({ ...EVENT, note: whole }, REPORTER)).toMatchObject({ note: whole });
  });
});

describe('sending an Event', () => {
  it('creates the first and makes the series of a repeated one longer', async () => {
    const { asked, sink } = poster(201, 200);
    expect(await sink.send(EVENT)).toBe('sent');
    expect(await sink.send({ ...EVENT, count: 5 })).toBe('sent');
    expect(asked).toMatchObject([
      { method: 'POST', path: EVENTS },
      {
        method: 'PATCH',
        path: `${EVENTS}/web.1a2b`,
        contentType: 'application/merge-patch+json',
        body: { series: { count: 5, lastObservedTime: '2026-01-01T00:01:00.000000Z' } },
      },
    ]);
  });

  it('creates a repeated one anew where it has expired', async () => {
    const { asked, sink } = poster(404, 201);
    expect(await sink.send({ ...EVENT, count: 5 })).toBe('sent');
    expect(asked[1]).toMatchObject({ method: 'POST', body: { series: { count: 5 } } });
  });

  it.each([
    [409, 'sent'],
    [403, 'refused'],
    [422, 'refused'],
  ])('takes %i as %s', async (status, outcome) => {
    expect(await poster(status).sink.send(EVENT)).toBe(outcome);
  });

  it.each([429, 500, 503])('rejects for %i, since it may go better later', async (status) => {
    await expect(poster(status).sink.send(EVENT)).rejects.toThrow(
      `the API server answered ${status} to an Event`,
    );
  });
});
