import { hostname } from 'node:os';
import type { SupportSource } from '../../model/support-source.js';
import { AgentNotRunning, AgentTooSlow, textFromAgent } from '../admin-client.js';
import { redacted } from './redaction.js';
import type { ArchiveFile } from './tar.js';

/** What the agent is asked for, by the file in the archive. */
const AGENT: readonly (readonly [name: string, path: string, query?: Readonly<Record<string, string>>])[] = [
  ['agent/status.json', '/status', { tables: '0' }],
  ['agent/services.jsonl', '/services', { servers: '1' }],
  ['agent/diff.jsonl', '/diff'],
  ['agent/events.jsonl', '/events'],
  ['agent/metrics.txt', '/metrics'],
  ['agent/configz.json', '/configz'],
  ['agent/flagz.txt', '/flagz'],
  ['agent/statusz.txt', '/statusz'],
  ['agent/log.jsonl', '/log'],
];

/** Characters of one file; what is longer is cut. Services compress to a twentieth. */
const MOST_OF_ONE = 8 * 1024 * 1024;
const MOST_OF_ALL = 48 * 1024 * 1024;
const LONGEST_OF_ONE_MILLISECONDS = 20_000;
export const FOLDER = 'kube-ipvs-proxy-support';

export type SupportSources = () => Promise<readonly SupportSource[]>;

interface Member {
  readonly name: string;
  readonly bytes: number;
  /** Places from which a secret was taken. */
  readonly redactions: number;
  /** It was longer. */
  readonly isCut: boolean;
}

interface Failure {
  readonly name: string;
  readonly reason: string;
}

/** What was collected for an archive, within limits of size and time; whatever cannot be had is named. */
export class Collection {
  readonly members: Member[] = [];
  readonly failures: Failure[] = [];
  isAgentDown = false;
  readonly #files: ArchiveFile[] = [];
  readonly #end: number;
  #length = 0;

  /** `end`: of the time, as `performance.now()` has it. */
  constructor(end: number) {
    this.#end = end;
  }

  async addAgent(adminSocket: string): Promise<void> {
    for (const [name, path, query = {}] of AGENT) {
      if (this.isAgentDown) {
        this.#fail(name, 'not asked for, since no agent answers');
        continue;
      }
      const longest = Math.max(1, this.#left());
      await this.#add(name, async (most) => {
        try {
          return (await textFromAgent(adminSocket, path, query, { most, longest })).text;
        } catch (error) {
          // One that is silent would take its time again for each.
          this.isAgentDown = error instanceof AgentNotRunning || error instanceof AgentTooSlow;
          throw error;
        }
      });
    }
  }

  async addSources(sources: SupportSources): Promise<void> {
    let found: readonly SupportSource[] = [];
    try {
      found = await sources();
    } catch (error) {
      this.#fail('kernel', textOf(error));
    }
    for (const { name, read } of found) await this.#add(name, (most) => within(this.#left(), read(most)));
  }

  /** With the list of all in front. */
  files(version: string, made: Date): ArchiveFile[] {
    const { members, failures } = this;
    const list = {
      version: 1,
      kind: 'SupportBundle',
      program: version,
      node: hostname(),
      made: made.toISOString(),
      agent: this.isAgentDown ? 'no answer' : 'answered',
      members,
      failures,
    };
    const content = Buffer.from(`${JSON.stringify(list, null, 2)}\n`);
    return [{ name: `${FOLDER}/manifest.json`, content }, ...this.#files];
  }

  #left(): number {
    return Math.min(LONGEST_OF_ONE_MILLISECONDS, Math.ceil(this.#end - performance.now()));
  }

  async #add(name: string, read: (most: number) => Promise<string>): Promise<void> {
    if (this.#left() <= 0) return this.#fail(name, 'the time for the archive was over');
    const most = Math.min(MOST_OF_ONE, MOST_OF_ALL - this.#length);
    if (most <= 0) return this.#fail(name, 'the archive was full');
    try {
      this.#keep(name, await read(most + 1), most);
    } catch (error) {
      this.#fail(name, textOf(error));
    }
  }

  #keep(name: string, whole: string, most: number): void {
    const isCut = whole.length > most;
    const { text, count } = redacted(isCut ? whole.slice(0, most) : whole);
    const content = Buffer.from(text);
    this.#length += text.length;
    this.#files.push({ name: `${FOLDER}/${name}`, content });
    this.members.push({ name, bytes: content.length, redactions: count, isCut });
  }

  #fail(name: string, reason: string): void {
    this.failures.push({ name, reason: redacted(reason).text });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`not read within ${Math.round(milliseconds / 1000)} s`));
    timer = setTimeout(late, milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
