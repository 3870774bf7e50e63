import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceKey } from '../../src/model/endpoint-slice.js';
import { serviceKey } from '../../src/model/service-key.js';
import { type ApiObject, MemoryApi, SERVICES, SLICES } from './memory-api.js';
import { service, slice, WatchedCluster } from './watched-cluster.js';

/** One thing that happens to the cluster, to the server or to the way there. */
type Step =
  | { readonly kind: 'put' | 'delete' | 'remake'; readonly object: number; readonly variant: number }
  | { readonly kind: 'refuse'; readonly status: number; readonly requests: number }
  | { readonly kind: 'garbage'; readonly text: string }
  | { readonly kind: 'half'; readonly cut: number }
  | { readonly kind: 'pass'; readonly milliseconds: number }
  | { readonly kind: 'break' | 'end' | 'forget' | 'repeat' | 'bookmark' | 'keep' | 'restore' };

const change = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'delete', 'remake'),
  object: fc.nat(4),
  variant: fc.nat(3),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: change as fc.Arbitrary<Step> },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('break', 'end', 'forget', 'repeat', 'bookmark', 'keep', 'restore'),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refuse' as const),
      status: fc.constantFrom(401, 403, 410, 422, 429, 500, 503, 504),
      requests: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('garbage' as const),
      text: fc.constantFrom(
        '{"type":"ADDED","obj{"type":"ADDED"}\n',
        '<html>\n',
        '{}\n',
        'null\n',
        '\n\n',
        '{"type":"WHAT","object":{}}\n',
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('half' as const), cut: fc.integer({ min: 1, max: 200 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(0, 500, 1_500, 40_000, 200_000),
    }),
  },
);

const serviceNumber = (object: number, variant = 0) =>
  service(`s${object}`, `10.96.${variant}.${object + 1}`);
const sliceNumber = (object: number, variant = 0) =>
  slice(`s${object}-x`, `s${variant % 2}`, [`10.244.${variant}.${object + 1}`]);

class Trial {
  readonly cluster: WatchedCluster;
  #kept: ReturnType<MemoryApi['snapshot']> | undefined;

  constructor(streams: boolean, pieceSize: number) {
    const api = new MemoryApi();
    api.streamsListings = streams;
    api.pieceSize = pieceSize;
    this.cluster = new WatchedCluster(api);
  }

  async do(step: Step): Promise<void> {
    const { api } = this.cluster;
    switch (step.kind) {
      case 'put':
        this.#both(step.object, step.variant, (path, object) => void api.put(path, object));
        break;
      case 'delete':
        this.#both(step.object, step.variant, (path, object) => void api.delete(path, object));
        break;
      case 'remake':
        this.#both(step.object, step.variant, (path, object) => {
          api.delete(path, object);
          api.put(path, object);
        });
        break;
      case 'refuse':
        this.#refuse(step.status, step.requests);
        break;
      case 'garbage':
        for (const path of [SERVICES, SLICES]) api.write(path, step.text);
        break;
      case 'half':
        for (const path of [SERVICES, SLICES])
          api.write(path, JSON.stringify({ type: 'ADDED', object: serviceNumber(9) }).slice(0, step.cut));
        api.breakAll();
        break;
      case 'pass':
        await this.cluster.pass(step.milliseconds);
        break;
      case 'break':
        api.breakAll();
        break;
      case 'end':
        api.endAll();
        break;
      case 'forget':
        api.forgetHistory();
        break;
      case 'repeat':
        for (const path of [SERVICES, SLICES]) api.repeat(path);
        break;
      case 'bookmark':
        for (const path of [SERVICES, SLICES]) api.bookmark(path);
        break;
      case 'keep':
        this.#kept = api.snapshot();
        break;
      case 'restore':
        if (this.#kept !== undefined) api.restore(this.#kept);
        // A server that has passed the version we know before we ask it cannot be distinguished from one that never
        // went back. In a real one hours of history are missing.
        await this.cluster.pass(120_000);
        break;
    }
    await this.cluster.settle();
  }

  /** The server is well again, and time passes. */
  async heal(): Promise<void> {
    this.cluster.api.script = () => undefined;
    await this.cluster.pass(900_000);
  }

  #both(object: number, variant: number, act: (path: string, object: ApiObject) => void): void {
    act(SERVICES, serviceNumber(object, variant));
    act(SLICES, sliceNumber(object, variant));
  }

  #refuse(status: number, requests: number): void {
    let left = requests;
    this.cluster.api.script = () => (left-- > 0 ? { status, body: '{"message":"no"}' } : undefined);
  }
}

function expectInStep({ source, api }: WatchedCluster): void {
  const services = api.listed(SERVICES).map(({ metadata }) => serviceKey('default', metadata.name));
  const known = [...source.view.keys()].filter((key) => source.view.look(key).service !== undefined);
  expect(known.sort()).toEqual(services.sort());
  for (const object of api.listed(SERVICES) as unknown as {
    metadata: ApiObject['metadata'];
    spec: { clusterIP: string };
  }[])
    expect(source.view.look(serviceKey('default', object.metadata.name)).service?.clusterIPs).toEqual([
      object.spec.clusterIP,
    ]);
  const slices = [...source.view.keys()].flatMap((key) => source.view.look(key).slices);
  const texts = slices.map(({ key, service: of, endpoints }) => `${key} ${of} ${endpoints.at(0)?.address}`);
  const stored = api.listed(SLICES) as unknown as {
    metadata: { name: string; labels: Record<string, string> };
    endpoints: { addresses: string[] }[];
  }[];
  const wanted = stored.map(
    ({ metadata, endpoints }) =>
      `${sliceKey('default', metadata.name)} default/${metadata.labels['kubernetes.io/service-name']} ${endpoints.at(0)?.addresses[0]}`,
  );
  expect(texts.sort()).toEqual(wanted.sort());
}

test('whatever happens on the way, the view is what the server has in the end, and nobody asked without a pause', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.constantFrom(7, 100, Number.POSITIVE_INFINITY),
      fc.array(step, { maxLength: 30 }),
      async (streams, pieceSize, steps) => {
        const trial = new Trial(streams, pieceSize);
        const { cluster } = trial;
        await cluster.start();
        for (const step of steps) await trial.do(step);
        await trial.heal();
        expectInStep(cluster);
        expect(cluster.source.complete).toBe(true);
        expect(cluster.problems).toEqual([]);
        // Three resources, each with a first request and a turn to pages, then at most three requests (the version, a
        // listing in one page, a watch) after each pause, of which none is shorter than 800 ms.
        const most = 3 * (4 + 3 * (cluster.clock.now() / 800));
        expect(cluster.api.requests.length).toBeLessThanOrEqual(most);
        await cluster.source.stop();
      },
    ),
    { numRuns: 60 },
  );
});

test('a change is reported once, and only where the record is another, whatever is repeated or listed again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const trial = new Trial(true, Number.POSITIVE_INFINITY);
      const { cluster } = trial;
      await cluster.start();
      for (const step of steps) await trial.do(step);
      await trial.heal();
      cluster.recorder.take();
      for (const quiet of ['repeat', 'break', 'pass', 'end', 'forget', 'break', 'bookmark'] as const)
        await trial.do(quiet === 'pass' ? { kind: 'pass', milliseconds: 5_000 } : { kind: quiet });
      cluster.api.write(SERVICES, 'garbage\n');
      await trial.heal();
      expect(cluster.recorder.take()).toEqual([]);
      await cluster.source.stop();
    }),
    { numRuns: 25 },
  );
});
