import { credentialsError, type Place } from './credentials-error.js';

/**
 * A mapping in a kubeconfig and where it stands. Fields are asked for by name and type; a wrong type is an error that
 * names the field and never shows the value, which may be a secret. Unknown fields are left alone, as other clients do.
 */
export class KubeconfigSection {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #subject: string;
  readonly #path: string;

  constructor(value: unknown, subject: string, path = '') {
    this.#subject = subject;
    this.#path = path;
    this.#fields = checkedMapping(value, path === '' ? { subject } : { subject, field: path });
  }

  place(name: string): Place {
    return { subject: this.#subject, field: this.#path === '' ? name : `${this.#path}.${name}` };
  }

  /** Undefined where it is absent, null or empty: a kubeconfig means the same by all three. */
  text(name: string): string | undefined {
    const value = this.#fields[name] ?? '';
    if (typeof value !== 'string') throw this.#wrongType(name, 'text');
    return value === '' ? undefined : value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name] ?? false;
    if (typeof value !== 'boolean') throw this.#wrongType(name, 'true or false');
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#fields[name] ?? [];
    const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
    if (!list?.every((entry) => typeof entry === 'string')) throw this.#wrongType(name, 'a list of texts');
    return list;
  }

  /** Undefined where it is absent or null. */
  section(name: string): KubeconfigSection | undefined {
    const value = this.#fields[name] ?? undefined;
    return value === undefined
      ? undefined
      : new KubeconfigSection(value, this.#subject, this.place(name).field);
  }

  /** The section `inner` of the entry that bears this name in the list `list`: how a kubeconfig nests everything. */
  named(list: string, name: string, inner: string): KubeconfigSection | undefined {
    const entries = this.#fields[list] ?? [];
    if (!Array.isArray(entries)) throw this.#wrongType(list, 'a list');
    const index = entries.findIndex((entry) => isMapping(entry) && entry.name === name);
    if (index < 0) return undefined;
    const entry = new KubeconfigSection(entries[index], this.#subject, this.place(`${list}[${index}]`).field);
    return entry.section(inner) ?? new KubeconfigSection({}, this.#subject, entry.place(inner).field);
  }

  get keys(): readonly string[] {
    return Object.keys(this.#fields);
  }

  /** As it was parsed, for client-node. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  #wrongType(name: string, expected: string) {
    const found = typeof this.#fields[name];
    return credentialsError(this.place(name), `is ${article(found)}, not ${expected}.`, `Write ${expected}.`);
  }
}

function checkedMapping(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return value;
  throw credentialsError(place, 'is no mapping of names to values.', 'Write it as a kubeconfig has it.');
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function article(type: string): string {
  return type === 'object' ? 'a list or mapping' : `a ${type}`;
}
