import { isDeepStrictEqual } from 'node:util';
import { shownName } from '../files/shown.js';
import { ChangedObjects, type ObjectsByService } from '../model/changed-objects.js';
import { ClusterView } from '../model/cluster-view.js';
import type { NodeAddresses } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { ProblemBoard } from '../model/problem-board.js';
import type { ServiceKey } from '../model/service-key.js';
import type { FileChange } from './folder-contents.js';
import {
  type ManifestObject,
  type ManifestRecord,
  ObjectClaims,
  type ObjectId,
  serviceId,
  serviceNamed,
} from './manifest-object.js';
import { ShortList, sourceProblem, type Unreadable } from './manifest-problems.js';

/** What is known of the folder: the cluster its files describe, and what is wrong with them. */
export class FolderImage {
  readonly view = new ClusterView();
  readonly board = new ProblemBoard();
  readonly #claims = new ObjectClaims();
  readonly #writer = new ViewWriter(this.view);
  /** For each file whether it has been read at least once. */
  readonly #files = new Map<string, boolean>();
  readonly #objects = new ChangedObjects();
  #complete = false;

  get nodes(): Iterable<NodeAddresses> {
    return this.#writer.nodes.values();
  }

  /**
   * True once every file has been read. A file that never could be read may hold any Service, and to take these
   * for deleted would cut their connections at a restart of the agent.
   */
  get complete(): boolean {
    return this.#complete;
  }

  /** Takes in the changes of one look, and answers with the Services they touch. */
  apply(changes: readonly FileChange[]): Set<ServiceKey> {
    const touched = new Set<ServiceKey>();
    const named = new Set<ServiceKey>();
    for (const id of new Set(changes.flatMap((change) => [...this.#absorb(change)]))) {
      const services = this.#settle(id);
      if (this.#complete) this.#name(id, services);
      for (const service of services) touched.add(service);
      const service = this.#serviceOf(id);
      if (service !== undefined) named.add(service);
    }
    this.#findOrphans([...touched, ...named]);
    return touched;
  }

  /** What changed, by the Services that it touched; once the folder has been read as a whole. */
  takeObjects(): ObjectsByService {
    return this.#objects.take();
  }

  #name(id: ObjectId, services: readonly ServiceKey[]): void {
    const end = id.indexOf('/');
    this.#objects.add(services, id.slice(0, end), id.slice(end + 1));
  }

  /** Answers with the objects that the file named before or names now. */
  #absorb(change: FileChange): Iterable<ObjectId> {
    const { file } = change;
    switch (change.kind) {
      case 'read':
        this.#files.set(file, true);
        this.board.set(`file/${file}`, change.content.problems);
        return this.#claims.replace(file, change.content.objects);
      case 'gone':
        this.#files.delete(file);
        this.board.set(`file/${file}`, []);
        return this.#claims.replace(file, []);
      case 'unreadable':
        this.board.set(`file/${file}`, [this.#fileProblem(file, change.error)]);
        return this.#keep(file);
      case 'unsettled':
        return this.#keep(file);
    }
  }

  #keep(file: string): Iterable<ObjectId> {
    this.#files.set(file, this.#files.get(file) ?? false);
    return [];
  }

  #fileProblem(file: string, error: Unreadable): Problem {
    const known = this.#files.get(file) === true;
    const unknown = this.#complete
      ? 'nothing of it is used'
      : 'until it is read, no Service is removed from this node';
    const consequence = known ? 'its last good content stays in use' : unknown;
    return sourceProblem(shownName(file), `${error.message}; ${consequence}.`, error.remedy);
  }

  #settle(id: ObjectId): readonly ServiceKey[] {
    const claims = this.#claims.of(id);
    this.board.set(`object/${id}`, claimProblems(claims));
    return this.#writer.write(id, claims[0]?.record);
  }

  #serviceOf(id: ObjectId): ServiceKey | undefined {
    const record = this.#claims.of(id)[0]?.record;
    return record?.kind === 'EndpointSlice' ? record.slice.service : serviceNamed(id);
  }

  #findOrphans(services: Iterable<ServiceKey>): void {
    const first = !this.#complete;
    this.#complete ||= ![...this.#files.values()].includes(false);
    if (!this.#complete) return;
    for (const service of first ? this.view.keys() : services) {
      this.board.set(`orphan/${service}`, orphanProblems(this.view, this.#claims, service));
    }
  }
}

/** What is wrong with one object: its own problems, and that others claim its name. The first claim counts. */
function claimProblems([used, ...others]: readonly ManifestObject[]): readonly Problem[] {
  if (used === undefined) return [];
  const conflicts = new ShortList(used.subject);
  for (const other of others) conflicts.add(conflict(used, other));
  return [...used.problems, ...conflicts.problems];
}

function conflict(used: ManifestObject, other: ManifestObject): Problem {
  return {
    kind: 'conflict',
    subject: other.subject,
    message: `is not used, because ${used.subject} comes before it.`,
    remedy: 'Remove one of the two.',
  };
}

/** Slices whose Service no file names; mostly a label or a namespace misspelt. One problem for all of one Service. */
function orphanProblems(view: ClusterView, claims: ObjectClaims, service: ServiceKey): readonly Problem[] {
  const slices = [...view.look(service).slices].sort((a, b) => (a.key < b.key ? -1 : 1));
  const [first] = slices;
  // A Service that is left alone is not in the view, but it is no mistake of the slice.
  if (first === undefined || claims.of(serviceId(service)).length > 0) return [];
  const subject =
    claims.of(`EndpointSlice/${first.key}` as ObjectId)[0]?.subject ?? `EndpointSlice ${first.key}`;
  const others = slices.length === 1 ? '' : `, as do ${slices.length - 1} more`;
  const message = `belongs to the Service ${service}${others}, but no file has that Service.`;
  const remedy = 'Add the Service, or correct the label kubernetes.io/service-name or the namespace.';
  return [{ kind: 'object', subject, service, reason: 'UnusedEndpointSlices', message, remedy }];
}

/** Brings single objects of the view up to date. What is as it was touches nothing. */
class ViewWriter {
  /** By name. */
  readonly nodes = new Map<string, NodeAddresses>();
  readonly #view: ClusterView;
  readonly #written = new Map<ObjectId, ManifestRecord>();

  constructor(view: ClusterView) {
    this.#view = view;
  }

  /** The Services that this touches; none where the record is equal to the one in the view. */
  write(id: ObjectId, record: ManifestRecord | undefined): readonly ServiceKey[] {
    const before = this.#written.get(id);
    if (isDeepStrictEqual(before, record)) return [];
    if (record === undefined) this.#written.delete(id);
    else this.#written.set(id, record);
    return record === undefined ? this.#remove(before) : this.#put(record, before);
  }

  #put(record: ManifestRecord, before: ManifestRecord | undefined): readonly ServiceKey[] {
    switch (record.kind) {
      case 'Service':
        return this.#view.setService(record.service);
      case 'EndpointSlice':
        return this.#view.setSlice(record.slice, before?.kind === 'EndpointSlice' ? before.slice : undefined);
      case 'Node':
        this.nodes.set(record.node.name, record.node);
        return [];
    }
  }

  #remove(record: ManifestRecord | undefined): readonly ServiceKey[] {
    switch (record?.kind) {
      case undefined:
        return [];
      case 'Service':
        return this.#view.deleteService(record.service.key);
      case 'EndpointSlice':
        return this.#view.deleteSlice(record.slice);
      case 'Node':
        this.nodes.delete(record.node.name);
        return [];
    }
  }
}
