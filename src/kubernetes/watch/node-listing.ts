import { nodeColumns, translateNodeAddresses, translateNodeRow } from '../../api-objects/node.js';
import { type Clock, OBJECTS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import { isMapping } from '../../model/mapping.js';
import type { NodeAddresses } from '../../model/node.js';
import type { Problem } from '../../model/problem.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { ItemSplitter, LONGEST_PIECE, readParts } from '../transport/body-splitter.js';
import { expectJson, parseJson } from './api-answer.js';
import { ALL_NODES, oneNode, pagePath, type Resource, tablePath } from './resource.js';
import { corruptFailure, WatchFailure } from './watch-failure.js';
import { ListingSize, PageProgress, type SilenceDeadline, withinSilence } from './watch-limits.js';

/** All Nodes at one moment, as far as the form of the answer shows their addresses. */
export interface NodeList {
  readonly nodes: readonly NodeAddresses[];
  readonly problems: readonly Problem[];
  /** Of the bodies, unpacked: what it cost whoever wrote them. */
  readonly bytes: number;
}

interface ListingParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
}

/** What became of one item. */
interface Translation {
  readonly node: NodeAddresses | undefined;
  readonly problems: readonly Problem[];
}

/** A body cut into its items, and what was around them. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly bytes: number;
}

/** A form in which the server writes Nodes. */
interface Form<Item> {
  readonly list: 'items' | 'rows';
  readonly pathOf: typeof pagePath;
  readonly accept?: string;
  /** What of an item is kept until the whole page is there. */
  readonly keep: (item: unknown) => Item;
  readonly reader: (envelope: Page<Item>['envelope']) => (item: Item) => Translation;
}

// What the columns are is in no row, and may come after them.
const TABLE: Form<unknown> = {
  list: 'rows',
  pathOf: tablePath,
  accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  keep: (row) => row,
  reader: ({ columnDefinitions }) => {
    const columns = nodeColumns(columnDefinitions);
    if (columns === undefined) throw withoutColumns();
    return (row) => translateNodeRow(row, columns);
  },
};

// Thousands of whole Nodes would fill the memory: from the watch cache they come in one piece.
const WHOLE: Form<Translation> = {
  list: 'items',
  pathOf: pagePath,
  keep: (object) => {
    const { problems, ...translation } = translateNodeAddresses(object);
    return { node: translation.kind === 'translated' ? translation.record : undefined, problems };
  },
  reader: () => (translation) => translation,
};

/** Some 200 bytes a Node, and of each Node the first InternalIP and the first ExternalIP only. */
export function listNodeTable(parts: ListingParts, abort: AbortController): Promise<NodeList> {
  return withinSilence(parts.clock, abort, (silence) => new NodeReading(parts, abort, silence).run(TABLE));
}

/** The row of this Node alone, or none where there is no such Node, from the server's watch cache. */
export function listNodeRow(name: string, parts: ListingParts, abort: AbortController): Promise<NodeList> {
  const resource = oneNode(name);
  return withinSilence(parts.clock, abort, (silence) =>
    new NodeReading(parts, abort, silence, resource).run(TABLE),
  );
}

/** Some 10 KB a Node, and every address of it. */
export function listWholeNodes(parts: ListingParts, abort: AbortController): Promise<NodeList> {
  return withinSilence(parts.clock, abort, (silence) => new NodeReading(parts, abort, silence).run(WHOLE));
}

/** Bytes of what is kept of one Node, at most: a row of the table, or the addresses of a whole Node. */
const MOST_KEPT = 1024;

class NodeReading {
  readonly #parts: ListingParts;
  readonly #abort: AbortController;
  readonly #silence: SilenceDeadline;
  readonly #resource: Resource;
  readonly #nodes: NodeAddresses[] = [];
  readonly #problems: Problem[] = [];
  readonly #size = new ListingSize();
  #bytes = 0;

  constructor(parts: ListingParts, abort: AbortController, silence: SilenceDeadline, resource = ALL_NODES) {
    this.#parts = parts;
    this.#abort = abort;
    this.#silence = silence;
    this.#resource = resource;
  }

  async run<Item>(form: Form<Item>): Promise<NodeList> {
    // "0": as the server's watch cache has it, so that no node's listing ever reaches etcd.
    const progress = new PageProgress();
    let path = form.pathOf(this.#resource, { version: '0' });
    for (;;) {
      const page = await this.#read(form, path);
      await this.#takeIn(page, form.reader(page.envelope));
      const continueAt = continuationOf(page.envelope);
      if (continueAt === '') return { nodes: this.#nodes, problems: this.#problems, bytes: this.#bytes };
      progress.check(continueAt);
      path = form.pathOf(this.#resource, { continueAt });
    }
  }

  async #read<Item>({ list, accept, keep }: Form<Item>, path: string): Promise<Page<Item>> {
    const { transport, clock } = this.#parts;
    const request = { method: 'GET', path, ...(accept && { accept }) } as const;
    const response = await transport.request(request, this.#abort.signal);
    await expectJson(response, { resource: ALL_NODES, verb: 'list' });
    const splitter = new ItemSplitter(LONGEST_PIECE, list);
    const items: Item[] = [];
    let bytes = 0;
    await readParts(response.body, splitter, clock, {
      take: (piece) => {
        bytes += piece.length;
        this.#size.add(Math.min(piece.length, MOST_KEPT));
        const item = parseJson(piece);
        // Which Node it was, nobody knows: what is known of all of them stays.
        if (item === undefined) throw corruptFailure(1, 'item');
        items.push(keep(item));
        return undefined;
      },
      settle: () => this.#silence.received(),
    });
    const envelope = parseJson(splitter.envelope);
    if (!isMapping(envelope)) throw corruptFailure(1, 'item');
    return { items, envelope, bytes };
  }

  async #takeIn<Item>({ items, bytes }: Page<Item>, read: (item: Item) => Translation): Promise<void> {
    const slice = new TimeSlice(this.#parts.clock, OBJECTS_PER_LOOK);
    this.#bytes += bytes;
    for (const item of items) {
      const { node, problems } = read(item);
      if (node !== undefined) this.#nodes.push(node);
      this.#problems.push(...problems);
      if (slice.over) await slice.yieldTurn();
    }
  }
}

function continuationOf({ metadata }: Page<unknown>['envelope']): string {
  return isMapping(metadata) ? String(metadata.continue ?? '') : '';
}

function withoutColumns(): WatchFailure {
  const message = 'was answered with a table that lacks the columns Name, Internal-IP and External-IP.';
  const remedy = 'Look for what lies between this node and the API server.';
  return new WatchFailure('corrupt', message, { remedy });
}
