import type { ObjectsByService } from '../../model/changed-objects.js';
import {
  countOf,
  type Operation,
  type Outcome,
  operationText,
  type SingleOperation,
  singly,
} from '../../model/operation.js';
import type { ServiceKey } from '../../model/service-key.js';

export const CHANGES_VERSION = 1;

/** One write to the kernel. */
export interface Change {
  /** RFC 3339. */
  readonly time: string;
  /** The Service whose frontend it is about; null where it is about an address or none is known. */
  readonly service: string | null;
  readonly operation: string;
  readonly text: string;
  readonly outcome: Outcome['kind'];
  /** errno's name where the kernel refused. */
  readonly errno: string | null;
  /** Which object the write follows from: the Service or its EndpointSlices changed; or nothing of the cluster did. */
  readonly because: string;
}

interface Kept {
  readonly at: number;
  readonly operation: SingleOperation;
  readonly outcome: Outcome;
  readonly service: ServiceKey | undefined;
  readonly because: Cause;
}

/** `address`: nothing of a Service; `again`: nothing of the cluster changed. */
type Cause =
  | { readonly kind: 'again' }
  | { readonly kind: 'address' }
  /** Nothing is named where everything was new. */
  | { readonly kind: 'objects'; readonly names: readonly string[] };

const AGAIN: Cause = { kind: 'again' };
const ADDRESS: Cause = { kind: 'address' };

const ROOM = 2_000;
const MOST_NAMES = 3;
/** A line without content, so that neither side takes the silence for an end. */
const HEARTBEAT_MILLISECONDS = 20_000;

/** The latest writes to the kernel, and all that follow for who asks. Adding to it costs next to nothing. */
export class ChangeLog {
  readonly #wallTime: () => number;
  readonly #serviceOf: (operation: Operation) => ServiceKey | undefined;
  readonly #kept: Kept[] = [];
  /** Of the first that is kept. */
  #first = 0;
  #recent = new Recent();
  /** Of the pass before: what came while it lasted is for the next one. */
  #before = new Recent();
  #waiting: (() => void)[] = [];

  constructor(wallTime: () => number, serviceOf: (operation: Operation) => ServiceKey | undefined) {
    this.#wallTime = wallTime;
    this.#serviceOf = serviceOf;
  }

  /** The source has sent other objects of these Services. */
  changed(services: Iterable<ServiceKey>, objects: ObjectsByService = new Map()): void {
    for (const service of services) this.#recent.changed(service, objects.get(service) ?? []);
  }

  /** Something changed that every Service may depend on: `Node node-1`. */
  factChanged(name: string): void {
    this.#recent.facts.add(name);
  }

  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    const at = this.#wallTime();
    // Of a large pass only what is kept has to be looked at.
    for (let index = startOfLatest(operations); index < operations.length; index++) {
      const [operation, outcome] = [operations[index], outcomes[index]];
      if (operation === undefined || outcome === undefined) continue;
      const service = this.#serviceOf(operation);
      const because = this.#causeOf(service);
      for (const single of singly([operation]))
        this.#kept.push({ at, operation: single, outcome, service, because });
    }
    const tooMany = this.#kept.length - ROOM;
    if (tooMany > 0) {
      this.#kept.splice(0, tooMany);
      this.#first += tooMany;
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** A pass has ended. */
  passed(): void {
    this.#before = this.#recent;
    this.#recent = new Recent();
  }

  /** What is kept, and with `follow` all that comes, for ever; then an empty batch now and then. */
  async *since(start: number, follow: boolean): AsyncGenerator<Change[]> {
    let next = Math.max(start, this.#first);
    for (;;) {
      next = Math.max(next, this.#first);
      const batch = this.#kept.slice(next - this.#first).map(changeOf);
      next += batch.length;
      yield batch;
      if (!follow) return;
      if (next === this.#first + this.#kept.length) await this.#more();
    }
  }

  #causeOf(service: ServiceKey | undefined): Cause {
    const both = [this.#before, this.#recent];
    const named =
      service && both.map(({ services }) => services.get(service)).filter((one) => one !== undefined);
    if (named !== undefined && named.length > 0)
      return { kind: 'objects', names: [...new Set(named.flat())] };
    const facts = both.flatMap((recent) => [...recent.facts]);
    if (facts.length > 0) return { kind: 'objects', names: [...new Set(facts)] };
    return service === undefined ? ADDRESS : AGAIN;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, HEARTBEAT_MILLISECONDS).unref();
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** With which the last of them begin that there is room for. */
function startOfLatest(operations: readonly Operation[]): number {
  let start = operations.length;
  for (let room = ROOM; start > 0 && room > 0; start--) room -= countOf(operations[start - 1] as Operation);
  return start;
}

const NO_NAMES: readonly string[] = [];

/** What changed since the last pass. */
class Recent {
  /** With the names of the objects, each once. At a start these are all Services, without names. */
  readonly services = new Map<ServiceKey, readonly string[]>();
  readonly facts = new Set<string>();

  changed(service: ServiceKey, names: readonly string[]): void {
    const known = this.services.get(service) ?? NO_NAMES;
    this.services.set(service, names.length === 0 ? known : [...new Set([...known, ...names])]);
  }
}

const WITHOUT_OBJECT: Readonly<Record<'again' | 'address', (service: string) => string>> = {
  again: (service) => `a drain, drift or another attempt for Service ${service}`,
  address: () => 'the last or first frontend at the address',
};

function causeText(cause: Cause, service: string): string {
  if (cause.kind !== 'objects') return WITHOUT_OBJECT[cause.kind](service);
  const names = cause.names.slice(0, MOST_NAMES).join(' and ');
  return names === '' ? `Service ${service} or an EndpointSlice of it changed` : `${names} changed`;
}

function changeOf({ at, operation, outcome, service, because }: Kept): Change {
  return {
    time: new Date(at).toISOString(),
    service: service ?? null,
    operation: operation.kind,
    text: operationText(operation),
    outcome: outcome.kind,
    errno: 'error' in outcome ? outcome.error.code : null,
    because: causeText(because, service ?? ''),
  };
}
