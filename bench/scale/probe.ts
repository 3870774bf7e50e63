import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memory } from '../kernel/memory.js';
import {
  ADD_ELEMENT,
  ADD_REAL_SERVER,
  listedKeys,
  REAL_ADDRESS_OFFSET,
  RECORD_SIZE,
  SET_OFFSET,
} from '../kernel/record-bytes.js';

/**
 * Loaded before the shipped program (`node --import`): tells the process that started it, over the IPC channel, what
 * the kernel has acknowledged and when, and on demand what the program costs. BENCH_OPEN_SET is the index of the set of
 * open frontends. The program itself is not changed.
 */
export type ProbeMessage =
  | { readonly kind: 'loaded'; readonly at: number }
  | Acknowledged
  | ({ readonly kind: 'spent' } & Spent);

export interface Acknowledged {
  readonly kind: 'acknowledged';
  /** Milliseconds of the clock that all processes of a machine share. */
  readonly at: number;
  readonly records: number;
  /** VIPs that take connections from now on, and pods that get some; IPv4. */
  readonly opened: readonly string[];
  readonly served: readonly string[];
}

/** Since the last question, or since the program has been loaded. Milliseconds and megabytes. */
export interface Spent {
  /** The longest time in which the process could do nothing else. */
  readonly stall: number;
  /** Of all threads. */
  readonly processor: number;
  readonly memory: { readonly peak: number; readonly now: number };
}

interface Answers {
  readonly codes: Int32Array;
}
type Handle = new (options: object) => { apply(buffer: Uint8Array, count: number): Promise<Answers> };

/** Of the looks at the event loop. A finer one would cost an idle program more than it does itself. */
const RESOLUTION = 5;
/** A pod is looked for in small jobs only: in the first pass nobody asks for single ones. */
const SMALL_JOB = 512;
const OPEN_SET = Number(process.env.BENCH_OPEN_SET);

const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
let before = process.cpuUsage();
delays.enable();
watchAddon();
// A question that comes right behind a long piece of work is read before that has been taken down as a stall.
process.on('message', () => setTimeout(() => send({ kind: 'spent', ...spent() }), 2 * RESOLUTION));
// The question alone must not keep the program alive.
process.channel?.unref();
send({ kind: 'loaded', at: now() });

function watchAddon(): void {
  const open = process.dlopen;
  process.dlopen = (module: object, ...rest) => {
    open.call(process, module, ...rest);
    const loaded = module as { exports: { readonly KernelHandle?: Handle } };
    const { KernelHandle } = loaded.exports;
    // Its properties are read-only.
    if (KernelHandle === undefined) return;
    loaded.exports = Object.create(loaded.exports, { KernelHandle: { value: watched(KernelHandle) } });
    // Until here the program was loaded, in one go.
    delays.reset();
  };
}

function watched(KernelHandle: Handle): Handle {
  return class extends KernelHandle {
    override async apply(buffer: Uint8Array, count: number): Promise<Answers> {
      const written = contentOf(buffer, count);
      const answers = await super.apply(buffer, count);
      send({ kind: 'acknowledged', at: now(), records: count, ...written });
      return answers;
    }
  };
}

// Before it is handed over: the program may use the buffer again.
function contentOf(buffer: Uint8Array, count: number): Pick<Acknowledged, 'opened' | 'served'> {
  const opened: string[] = [];
  const served: string[] = [];
  for (let offset = 0; offset < count * RECORD_SIZE; offset += RECORD_SIZE) {
    const kind = buffer[offset];
    if (kind === ADD_ELEMENT && buffer[offset + SET_OFFSET] === OPEN_SET)
      opened.push(...openedBy(buffer, offset));
    else if (kind === ADD_REAL_SERVER && count <= SMALL_JOB)
      served.push(addressAt(buffer, offset + REAL_ADDRESS_OFFSET));
  }
  return { opened, served };
}

// By their keys, `10.96.0.1:80/TCP`.
function openedBy(buffer: Uint8Array, offset: number): string[] {
  return (listedKeys(buffer, offset) ?? []).map((key) => key.slice(0, key.lastIndexOf(':')));
}

function addressAt(buffer: Uint8Array, offset: number): string {
  return buffer.subarray(offset, offset + 4).join('.');
}

function spent(): Spent {
  const { user, system } = process.cpuUsage(before);
  const stall = Math.max(0, delays.max / 1e6 - RESOLUTION);
  before = process.cpuUsage();
  delays.reset();
  return { stall, processor: (user + system) / 1000, memory: memory() };
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function send(message: ProbeMessage): void {
  process.send?.(message);
}
