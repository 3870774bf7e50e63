import { once } from 'node:events';
import { expired, statusText } from './answer.js';
import type { ListOptions } from './list-options.js';
import type { ObjectStore, StoreChange } from './object-store.js';
import { apiVersionOf, type Resource } from './resource.js';
import type { StoredObject } from './stored-object.js';

/** Where the lines of a watch go; an answer of either protocol. */
export interface WatchOutput {
  write(text: string): boolean;
  end(): void;
  on(event: 'close', listener: () => void): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  readonly destroyed: boolean;
}

interface WatchSettings {
  /** Milliseconds between two bookmarks, for who wants them. */
  readonly bookmarkInterval: number;
  /** Changes a line on its way out; what it returns is sent, and nothing after it where it says so. */
  spoil(line: string): SpoiltLine;
}

export interface SpoiltLine {
  readonly text: string;
  readonly ends: boolean;
}

const CHUNK = 65_536;

/** One watch, from its first event to its end. */
export class Watch {
  readonly #store: ObjectStore;
  readonly #resource: Resource;
  readonly #options: ListOptions;
  readonly #settings: WatchSettings;
  readonly #output: WatchOutput;
  readonly #lines: string[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #stopListening: () => void = () => undefined;
  #writing = false;
  #isHeld = false;
  #ended = false;

  constructor(
    store: ObjectStore,
    resource: Resource,
    options: ListOptions,
    settings: WatchSettings,
    output: WatchOutput,
  ) {
    this.#store = store;
    this.#resource = resource;
    this.#options = options;
    this.#settings = settings;
    this.#output = output;
  }

  begin(): void {
    const { bookmarks, timeout } = this.#options;
    this.#output.on('close', () => this.#stop());
    if (!this.#tellPast()) {
      this.end();
      return;
    }
    this.#stopListening = this.#store.listen((change) => this.#tell(change));
    if (bookmarks) this.#timers.push(setInterval(() => this.#bookmark(), this.#settings.bookmarkInterval));
    if (timeout !== undefined) this.#timers.push(setTimeout(() => this.expire(), timeout));
  }

  /** What a server does when the time that was asked for is over: one more bookmark, then a clean end. */
  expire(): void {
    if (this.#options.bookmarks) this.#bookmark();
    this.end();
  }

  /** Says nothing until `release`, as a server whose cache lags behind; the connection stays as it is. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    void this.#write();
  }

  /** An error in the stream, which is the last that is said. */
  fail(status: string): void {
    this.#say(`{"type":"ERROR","object":${status}}`);
    this.end();
  }

  /** Ends the stream once everything is written. */
  end(): void {
    this.#stop();
    void this.#write();
  }

  // False where the past is not known any more, which has then been said.
  #tellPast(): boolean {
    const { resourceVersion = 0, initialEvents } = this.#options;
    if (initialEvents || resourceVersion === 0) {
      this.#tellAll();
      if (initialEvents) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      return true;
    }
    const changes = this.#store.since(this.#resource.name, resourceVersion);
    if ('kind' in changes) {
      this.#say(`{"type":"ERROR","object":${statusText(expired(resourceVersion, changes.oldest))}}`);
      return false;
    }
    for (const change of changes) this.#tell(change);
    return true;
  }

  #tellAll(): void {
    for (const object of this.#store.list(this.#resource.name))
      if (this.#options.selects(object.object)) this.#event('ADDED', object);
  }

  // What begins or ceases to match a selector comes and goes for this watcher. An event that is not newer than what
  // the watcher knows is never sent, as in the API server's cache: after a restored backup that hides changes.
  #tell({ resource, type, now, before }: StoreChange): void {
    if (resource !== this.#resource.name) return;
    if (now.resourceVersion <= (this.#options.resourceVersion ?? 0)) return;
    const matched = before !== undefined && this.#options.selects(before.object);
    const matches = type !== 'DELETED' && this.#options.selects(now.object);
    if (matches) this.#event(matched ? 'MODIFIED' : 'ADDED', now);
    else if (matched) this.#event('DELETED', now);
  }

  #event(type: StoreChange['type'], object: StoredObject): void {
    const { kind } = this.#resource;
    this.#say(`{"type":"${type}","object":${object.text(kind, apiVersionOf(this.#resource))}}`);
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind } = this.#resource;
    const { resourceVersion } = this.#store;
    if (resourceVersion < (this.#options.resourceVersion ?? 0)) return;
    const metadata = {
      resourceVersion: String(resourceVersion),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    const object = { kind, apiVersion: apiVersionOf(this.#resource), metadata };
    this.#say(JSON.stringify({ type: 'BOOKMARK', object }));
  }

  #say(line: string): void {
    if (this.#ended) return;
    const { text, ends } = this.#settings.spoil(`${line}\n`);
    this.#lines.push(text);
    if (ends) this.#stop();
    void this.#write();
  }

  // In pieces, so that ten thousand small lines are not ten thousand frames, and no faster than the client reads.
  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    await Promise.resolve();
    while (this.#lines.length > 0 && !this.#output.destroyed && !this.#isHeld)
      if (!this.#output.write(this.#chunk())) await this.#drained();
    this.#writing = false;
    if (this.#ended && !this.#isHeld && !this.#output.destroyed) this.#output.end();
  }

  #chunk(): string {
    let [count, size] = [0, 0];
    while (count < this.#lines.length && size < CHUNK) size += this.#lines[count++]?.length ?? 0;
    return this.#lines.splice(0, count).join('');
  }

  async #drained(): Promise<void> {
    const ended = new AbortController();
    const options = { signal: ended.signal };
    const output = this.#output as unknown as NodeJS.EventEmitter;
    await Promise.race([once(output, 'drain', options), once(output, 'close', options)]).finally(() =>
      ended.abort(),
    );
  }

  #stop(): void {
    this.#ended = true;
    this.#stopListening();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
