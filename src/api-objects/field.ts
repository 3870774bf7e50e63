import { shown } from '../files/shown.js';
import { isMapping } from '../model/mapping.js';
import { andMore, MOST_PROBLEMS, type Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';

interface Complaint {
  /** Completes "expected …". */
  readonly expected: string;
  /** What becomes of the object because of it: "the port is left out". */
  readonly so: string;
  /** One sentence. */
  readonly remedy: string;
}

/**
 * One place in an API object: the value found there, and the way that leads there.
 * The path is put together only when a complaint needs it, since nearly all objects are in order.
 */
export class Field {
  readonly value: unknown;
  readonly #complaints: Complaints;
  readonly #parent: Field | undefined;
  readonly #step: string | number;

  constructor(value: unknown, complaints: Complaints, parent?: Field, step: string | number = '') {
    this.value = value;
    this.#complaints = complaints;
    this.#parent = parent;
    this.#step = step;
  }

  /** `spec.ports[1].port`, `metadata.labels[kubernetes.io/service-name]`; empty for the object itself. */
  get path(): string {
    if (this.#parent === undefined) return '';
    const above = this.#parent.path;
    if (!/^[A-Za-z]\w*$/.test(String(this.#step))) return `${above}[${this.#step}]`;
    return above === '' ? String(this.#step) : `${above}.${this.#step}`;
  }

  /** Not there, or null, which the API takes for the same. */
  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  child(name: string): Field {
    const { value } = this;
    const inside = isMapping(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return new Field(inside, this.#complaints, this, name);
  }

  /** The names of an object's own children; none where there is no object. */
  names(): readonly string[] {
    return isMapping(this.value) ? Object.keys(this.value) : [];
  }

  /** One entry of a list; absent where there is no list. */
  entry(index: number): Field {
    const inside: unknown = Array.isArray(this.value) ? this.value[index] : undefined;
    return new Field(inside, this.#complaints, this, index);
  }

  /** A child that is an object itself; anything else in its place is a complaint and counts as absent. */
  section(name: string): Field {
    const child = this.child(name);
    if (child.absent || child.isObject('it counts as absent')) return child;
    return new Field(undefined, this.#complaints, this, name);
  }

  /** The entries of a list; none where it is absent, and none with a complaint where it is no list. */
  items(so: string): readonly Field[] {
    if (this.absent) return [];
    if (Array.isArray(this.value)) {
      return this.value.map((value, index) => new Field(value, this.#complaints, this, index));
    }
    this.complain({ expected: 'a list', so, remedy: 'Write a list.' });
    return [];
  }

  /** Whether an object is found here; a complaint where not. */
  isObject(so: string): boolean {
    if (isMapping(this.value)) return true;
    this.complain({ expected: 'an object', so, remedy: 'Write an object with named fields.' });
    return false;
  }

  /** The value is not what it should be. */
  complain({ expected, so, remedy }: Complaint): void {
    const found = this.value === undefined ? 'is missing' : `is ${shown(this.value)}`;
    this.report(`${found}, expected ${expected}; ${so}.`, remedy);
  }

  /** Something else is wrong here; `message` completes a sentence that begins with the path. */
  report(message: string, remedy: string): void {
    this.#complaints.add(this.path, message, remedy);
  }
}

/** What is wrong with one object, collected while it is read. */
export class Complaints {
  readonly #kept: Pick<Problem, 'field' | 'message' | 'remedy'>[] = [];
  #more = 0;

  get none(): boolean {
    return this.#kept.length === 0;
  }

  /** The whole object is meant where `path` is empty. */
  add(path: string, message: string, remedy: string): void {
    if (this.#kept.length === MOST_PROBLEMS) this.#more++;
    else this.#kept.push(path === '' ? { message, remedy } : { field: path, message, remedy });
  }

  /** The complaints as problems of `subject`; past the tenth only their number is given. */
  about(subject: string, service: ServiceKey | undefined): readonly Problem[] {
    const about = service === undefined ? { subject } : { subject, service };
    const problems: Problem[] = this.#kept.map((complaint) => ({ kind: 'object', ...about, ...complaint }));
    if (this.#more > 0) problems.push({ kind: 'object', ...about, ...andMore(this.#more) });
    return problems;
  }
}
