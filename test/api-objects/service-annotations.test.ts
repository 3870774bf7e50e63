import { describe, expect, test } from 'vitest';
import { translateService } from '../../src/api-objects/service.js';
import { SCHEDULERS } from '../../src/model/scheduler.js';
import { recordOf, serviceObject, textsOf } from './objects.js';

const PREFIX = 'kube-ipvs-proxy.io/';
const service = (given: Record<string, unknown>) => {
  const annotations = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [PREFIX + name, value]),
  );
  return translateService(serviceObject({}, { annotations }));
};
const reported = (annotations: Record<string, unknown>) =>
  service(annotations).problems.map(({ field, message }) => `${field?.replace(PREFIX, '')}: ${message}`);

describe('the scheduler annotation', () => {
  test.each(SCHEDULERS)('may ask for %s', (scheduler) => {
    expect([recordOf(service({ scheduler })).scheduler, reported({ scheduler })]).toEqual([scheduler, []]);
  });

  test.each(['', 'RR', 'w-rr', 'nosuch', 3])('is reported and the default used: %s', (scheduler) => {
    expect(recordOf(service({ scheduler }))).not.toHaveProperty('scheduler');
    expect(reported({ scheduler })[0]).toMatch(
      /^metadata\.annotations\[scheduler\]: .*the node's default is used\.$/,
    );
  });
});

describe('scheduler flags', () => {
  test.each([
    [{ scheduler: 'mh,mh-port' }, ['mh-port']],
    [{ scheduler: 'sh, sh-fallback ,sh-port' }, ['sh-fallback', 'sh-port']],
    [{ scheduler: 'mh', 'scheduler-flags': 'mh-port, mh-fallback' }, ['mh-port', 'mh-fallback']],
    [{ scheduler: 'mh,mh-port', 'scheduler-flags': 'mh-port' }, ['mh-port']],
    [{ 'scheduler-flags': 'mh-port,sh-port' }, ['mh-port', 'sh-port']],
    [{ scheduler: 'mh', 'scheduler-flags': '' }, []],
  ])('are read: %o', (annotations, flags) => {
    expect([recordOf(service(annotations)).schedulerFlags, reported(annotations)]).toEqual([flags, []]);
  });

  test('of another scheduler or none are named, and the others stay', () => {
    const annotations = { scheduler: 'mh,sh-port,mh-port,fast' };
    expect(recordOf(service(annotations))).toMatchObject({ scheduler: 'mh', schedulerFlags: ['mh-port'] });
    expect(reported(annotations)).toEqual([
      'metadata.annotations[scheduler]: has the flag "sh-port", expected mh-port or mh-fallback; the flag is left out.',
      'metadata.annotations[scheduler]: has the flag "fast", expected mh-port or mh-fallback; the flag is left out.',
    ]);
  });

  test('of a scheduler without flags are reported', () => {
    expect(reported({ scheduler: 'rr', 'scheduler-flags': 'mh-port' })).toEqual([
      'metadata.annotations[scheduler-flags]: has the flag "mh-port", expected none, since rr has no flags; ' +
        'the flag is left out.',
    ]);
  });

  test('must be text', () => {
    expect(reported({ 'scheduler-flags': 5 })).toEqual([
      'metadata.annotations[scheduler-flags]: is 5, expected text; no flags are used.',
    ]);
  });
});

describe('weights', () => {
  test('behind the first thousand are left out, and reported once', () => {
    const weights = Array.from({ length: 28_000 }, (_, index) => `zone=z${index}:2`).join(',');
    expect(recordOf(service({ weights })).weights).toHaveLength(1_000);
    expect(reported({ scheduler: 'wrr', weights })).toEqual([
      'metadata.annotations[weights]: has 28000 entries; those behind the first 1000 are left out.',
    ]);
  });

  test('are rules by zone, by node, and for all others', () => {
    expect(recordOf(service({ weights: 'zone=eu-1a:3, node=worker-7.lan:65535,*:1' })).weights).toEqual([
      { kind: 'zone', name: 'eu-1a', weight: 3 },
      { kind: 'node', name: 'worker-7.lan', weight: 65_535 },
      { kind: 'any', weight: 1 },
    ]);
  });

  test.each([
    'zone=eu-1a',
    'zone=eu-1a:0',
    'zone=eu-1a:65536',
    'zone=eu-1a:1.5',
    'zone=:3',
    'zone=eu 1a:3',
    'node=Worker:3',
    'rack=7:3',
    '*',
    '7',
  ])('have the entry %j named and left out, and the others stay', (entry) => {
    const annotations = { weights: `zone=a:2,${entry},*:1` };
    expect(recordOf(service(annotations)).weights).toHaveLength(2);
    expect(reported(annotations)).toEqual([
      `metadata.annotations[weights]: has the entry "${entry}", expected zone=NAME:WEIGHT, node=NAME:WEIGHT or ` +
        '*:WEIGHT with a weight from 1 to 65535; the entry is left out.',
    ]);
  });

  test.each([
    ['rr', 'wrr'],
    ['lc', 'wlc'],
    ['dh', 'wrr'],
  ])('with %s are reported to have no effect', (scheduler, better) => {
    expect(textsOf(service({ scheduler, weights: '*:2' }))).toEqual([
      'Service shop/web, metadata.annotations[kube-ipvs-proxy.io/weights]: has no effect: the scheduler ' +
        `${scheduler} gives every server the same share, whatever its weight. ` +
        `Choose ${better} in the annotation for the scheduler.`,
    ]);
  });

  test.each(['wrr', 'wlc', 'sh', 'mh', 'sed', 'nq'])('go with %s', (scheduler) => {
    expect(reported({ scheduler, weights: '*:2' })).toEqual([]);
  });

  test('must be text', () => {
    expect(reported({ weights: ['*:2'] })[0]).toContain('expected text; all endpoints count the same.');
  });
});

describe('times', () => {
  test.each([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    [' 1m30s ', 90],
    ['24h', 86_400],
    ['86400', 86_400],
    ['1h1m1s', 3661],
    ['1.5h', 5400],
  ])('%j are %i seconds', (text, seconds) => {
    const annotations = { 'slow-start': text, 'drain-deadline': text };
    expect(recordOf(service(annotations))).toMatchObject({ slowStart: seconds, drainDeadline: seconds });
    expect(reported(annotations)).toEqual([]);
  });

  test.each(['', '-1', '86401', '25h', '1.5s', '1d', 's', '1m30', 90, null])('are not %j', (value) => {
    const annotations = { 'slow-start': value, 'drain-deadline': value };
    expect(recordOf(service(annotations)).slowStart).toBe(0);
    expect(recordOf(service(annotations))).not.toHaveProperty('drainDeadline');
    expect(reported(annotations)).toHaveLength(value === null ? 0 : 2);
  });
});

test('a slow start with a scheduler that ignores weights is reported to have no effect', () => {
  expect(reported({ scheduler: 'rr', 'slow-start': '30s' })[0]).toContain('has no effect: the scheduler rr');
  expect(reported({ scheduler: 'rr', 'slow-start': '0' })).toEqual([]);
});

test('an annotation of ours that nobody knows is reported, and those of others are not', () => {
  const annotations = { [`${PREFIX}weight`]: '*:2', 'example.org/weight': '3' };
  const { problems } = translateService(serviceObject({}, { annotations }));
  expect(problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
    'metadata.annotations has "kube-ipvs-proxy.io/weight", which this program does not know; it has no effect.',
  ]);
});

describe('the annotation for processes of the node', () => {
  test('may say prefer, and nothing else', () => {
    expect(recordOf(service({ 'node-local': 'prefer' })).prefersNodeLocal).toBe(true);
    expect(reported({ 'node-local': 'prefer' })).toEqual([]);
    expect(recordOf(service({}))).not.toHaveProperty('prefersNodeLocal');
  });

  test.each(['', 'Prefer', 'require', 'true', 1])('is reported and has no effect: %s', (value) => {
    expect(recordOf(service({ 'node-local': value }))).not.toHaveProperty('prefersNodeLocal');
    expect(reported({ 'node-local': value })[0]).toMatch(
      /^metadata\.annotations\[node-local\]: is .*, expected prefer; it has no effect\.$/,
    );
  });
});
