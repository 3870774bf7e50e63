import { type Operation, type Outcome, operationText } from '../../model/operation.js';
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
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly service: ServiceKey | undefined;
  readonly because: Cause;
}

type Cause = 'changed' | 'again' | 'address';

const ROOM = 2_000;
/** A line without content, so that neither side takes the silence for an end. */
const HEARTBEAT_MILLISECONDS = 20_000;

/** The latest writes to the kernel, and all that follow for who asks. Adding to it costs next to nothing. */
export class ChangeLog {
  readonly #wallTime: () => number;
  readonly #serviceOf: (operation: Operation) => ServiceKey | undefined;
  readonly #kept: Kept[] = [];
  /** Of the first that is kept. */
  #first = 0;
  /** Services that have changed since the last pass. */
  #changed = new Set<ServiceKey>();
  #changedBefore = new Set<ServiceKey>();
  #waiting: (() => void)[] = [];

  constructor(wallTime: () => number, serviceOf: (operation: Operation) => ServiceKey | undefined) {
    this.#wallTime = wallTime;
    this.#serviceOf = serviceOf;
  }

  /** The source has sent other objects of these Services. */
  changed(services: Iterable<ServiceKey>): void {
    for (const service of services) this.#changed.add(service);
  }

  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    const at = this.#wallTime();
    // Of a large pass only what is kept has to be looked at.
    for (let index = Math.max(0, operations.length - ROOM); index < operations.length; index++) {
      const [operation, outcome] = [operations[index], outcomes[index]];
      if (operation === undefined || outcome === undefined) continue;
      const service = this.#serviceOf(operation);
      this.#kept.push({ at, operation, outcome, service, because: this.#causeOf(service) });
    }
    const tooMany = this.#kept.length - ROOM;
    if (tooMany > 0) {
      this.#kept.splice(0, tooMany);
      this.#first += tooMany;
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** A pass has ended. What came while it lasted is for the next one. */
  passed(): void {
    this.#changedBefore = this.#changed;
    this.#changed = new Set();
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
    if (service === undefined) return 'address';
    return this.#changed.has(service) || this.#changedBefore.has(service) ? 'changed' : 'again';
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

const CAUSES: Readonly<Record<Cause, (service: string) => string>> = {
  changed: (service) => `Service ${service} or an EndpointSlice of it changed`,
  again: (service) => `a drain, drift or another attempt for Service ${service}`,
  address: () => 'the last or first frontend at the address',
};

function changeOf({ at, operation, outcome, service, because }: Kept): Change {
  return {
    time: new Date(at).toISOString(),
    service: service ?? null,
    operation: operation.kind,
    text: operationText(operation),
    outcome: outcome.kind,
    errno: 'error' in outcome ? outcome.error.code : null,
    because: CAUSES[because](service ?? ''),
  };
}
