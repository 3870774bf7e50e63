import { isDeepStrictEqual } from 'node:util';
import type { ClusterView } from '../model/cluster-view.js';
import type { NodeAddresses } from '../model/node.js';
import type { ServiceKey } from '../model/service-key.js';
import type { ManifestRecord, ObjectId } from './manifest-object.js';

/** Brings single objects of the view up to date. What is as it was touches nothing. */
export class ViewWriter {
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
    return record === undefined ? this.#remove(before) : this.#put(record);
  }

  #put(record: ManifestRecord): readonly ServiceKey[] {
    switch (record.kind) {
      case 'Service':
        return this.#view.setService(record.service);
      case 'EndpointSlice':
        return this.#view.setSlice(record.slice);
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
        return this.#view.deleteSlice(record.slice.key);
      case 'Node':
        this.nodes.delete(record.node.name);
        return [];
    }
  }
}
