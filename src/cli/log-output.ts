import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Bytes that wait for a reader who is slow; then lines are lost. A pipe itself holds 64 KiB. */
const ROOM = 1024 * 1024;
/** Characters of the latest lines, some thousand. */
const KEPT = 256 * 1024;
const RETRY_MILLISECONDS = 100;

/**
 * Where the log goes, which never makes the agent wait: lines that cannot be written (disk full, reader gone or
 * stuck) are lost and counted, and it is said how many as soon as lines can be written again.
 */
export class LogOutput {
  readonly #write: (bytes: Uint8Array) => number;
  #writableAgain: (lost: number, errno: string) => void = () => undefined;
  readonly #lost = new Map<string, number>();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #unreported: { readonly lost: number; readonly errno: string } | undefined;
  /** What was written last is the beginning of a line. */
  #midLine = false;
  readonly #last: string[] = [];
  #lastLength = 0;

  /** `write` takes as many bytes as there is room for, answers how many, and throws with `code` as node:fs does. */
  constructor(write: (bytes: Uint8Array) => number) {
    this.#write = write;
  }

  /** Standard output, or whatever the file descriptor is. */
  static of(descriptor: number): LogOutput {
    const nonBlocking = nonBlockingDescriptor(descriptor);
    return new LogOutput((bytes) => writeSync(nonBlocking, bytes));
  }

  /**
   * `writableAgain` is called after the first line that could be written again; `errno` is the name of the last
   * failure's.
   */
  listen(writableAgain: (lost: number, errno: string) => void): void {
    this.#writableAgain = writableAgain;
  }

  /** Lines lost so far, by errno's name. */
  get lost(): ReadonlyMap<string, number> {
    return this.#lost;
  }

  /** The latest lines, whatever became of them: the log of a pod may be out of reach, or rotated away. */
  get lastLines(): string {
    return this.#last.join('');
  }

  /** A whole line with its end, as pino hands it over. */
  write(line: string): void {
    this.#keep(line);
    const isAfterHalf = this.#midLine && this.#waiting.length === 0;
    const bytes = Buffer.from(isAfterHalf ? `\n${line}` : line);
    if (this.#waitingBytes + bytes.length > ROOM) this.#lose(1, 'EAGAIN');
    else this.#append(bytes);
  }

  /** Resolves when nothing waits any more, or after so many milliseconds. */
  async flushed(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.#waiting.length > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }

  #keep(line: string): void {
    this.#last.push(line);
    this.#lastLength += line.length;
    while (this.#lastLength > KEPT) this.#lastLength -= this.#last.shift()?.length ?? 0;
  }

  #append(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#retry === undefined) this.#flush();
  }

  #flush(): void {
    this.#retry = undefined;
    try {
      this.#writeWaiting();
      this.#reportLost();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      if (code === 'EAGAIN') this.#retryLater();
      else this.#loseWaiting(code);
    }
  }

  #writeWaiting(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const written = this.#write(first);
      this.#waitingBytes -= written;
      this.#midLine = written < first.length;
      if (this.#midLine) this.#waiting[0] = first.subarray(written);
      else this.#waiting.shift();
    }
  }

  // The listener writes a line itself, which may be lost in its turn.
  #reportLost(): void {
    const unreported = this.#unreported;
    if (unreported === undefined) return;
    this.#unreported = undefined;
    this.#writableAgain(unreported.lost, unreported.errno);
  }

  // Does not keep the process alive: a log without a reader is no reason to stay.
  #retryLater(): void {
    this.#retry = setTimeout(() => this.#flush(), RETRY_MILLISECONDS).unref();
  }

  #loseWaiting(errno: string): void {
    const count = this.#waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#lose(count, errno);
  }

  #lose(count: number, errno: string): void {
    this.#lost.set(errno, (this.#lost.get(errno) ?? 0) + count);
    this.#unreported = { lost: (this.#unreported?.lost ?? 0) + count, errno };
  }
}

/**
 * The same file without blocking writes: a pipe or terminal is opened once more, so that other processes that write to
 * it keep theirs as it is. A socket cannot be opened again: libuv makes it non-blocking, as Node does with its own
 * standard output.
 */
function nonBlockingDescriptor(descriptor: number): number {
  const file = fstatSync(descriptor);
  if (file.isSocket()) new Socket({ fd: descriptor, readable: false }).unref();
  if (!file.isFIFO() && !file.isCharacterDevice()) return descriptor;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // No right to open it, or no /proc: then as it is.
    return descriptor;
  }
}
