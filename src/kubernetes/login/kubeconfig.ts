import { dirname, resolve } from 'node:path';
import { shown } from '../../files/shown.js';
import { NestedTooDeeply, type YamlDocument, yamlDocuments } from '../../files/yaml-documents.js';
import { isMapping } from '../../model/mapping.js';
import { credentialsError, type Place } from './credentials-error.js';

/** The current context of a kubeconfig: the cluster and the user that it names. */
export interface Kubeconfig {
  readonly cluster: KubeconfigSection;
  /** Undefined where the context names none: anonymous. */
  readonly user: KubeconfigSection | undefined;
  /** Relative paths in the file start here. */
  readonly folder: string;
  /** Of the file, in messages. */
  readonly subject: string;
}

/** Throws CredentialsError where `text` is no kubeconfig or its current context leads nowhere. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const subject = kubeconfigSubject(path);
  const root = new KubeconfigSection(parsedYaml(text, { subject }), subject);
  const context = currentContext(root);
  const clusterName = context.text('cluster');
  if (clusterName === undefined) throw incomplete(context.place('cluster'), 'names no cluster');
  const userName = context.text('user');
  return {
    cluster: found(root, 'clusters', clusterName, 'cluster', context.place('cluster')),
    user: userName === undefined ? undefined : found(root, 'users', userName, 'user', context.place('user')),
    folder: dirname(resolve(path)),
    subject,
  };
}

export function kubeconfigSubject(path: string): string {
  return `kubeconfig ${shown(path)}`;
}

function currentContext(root: KubeconfigSection): KubeconfigSection {
  const place = root.place('current-context');
  const name = root.text('current-context');
  if (name === undefined) throw incomplete(place, 'is not set');
  return found(root, 'contexts', name, 'context', place);
}

function found(root: KubeconfigSection, list: string, name: string, inner: string, place: Place) {
  const section = root.named(list, name, inner);
  if (section !== undefined) return section;
  throw incomplete(place, `names ${shown(name)}, which is not in ${list}`);
}

function incomplete(place: Place, fault: string) {
  return credentialsError(place, `${fault}.`, 'Complete the file.');
}

// The parser's own messages quote the line, and that may hold a token: only position and kind are passed on.
function parsedYaml(text: string, place: Place): unknown {
  const [document, another] = shallowDocuments(text, place);
  const fault = document?.faults[0];
  if (fault !== undefined) {
    const message = `is not valid YAML (line ${fault.line}, column ${fault.column}: ${fault.code}).`;
    throw credentialsError(place, message, 'Correct the file.');
  }
  if (another !== undefined) throw credentialsError(place, 'holds several YAML documents.', 'Keep one.');
  return toValue(() => document?.value(), place);
}

function shallowDocuments(text: string, place: Place): YamlDocument[] {
  try {
    return [...yamlDocuments(text)];
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    throw credentialsError(place, `${error.message}.`, 'Correct the file.');
  }
}

function toValue(read: () => unknown, place: Place): unknown {
  try {
    return read();
  } catch {
    throw credentialsError(place, 'has aliases that lead nowhere or too far.', 'Write them out.');
  }
}

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

function article(type: string): string {
  return type === 'object' ? 'a list or mapping' : `a ${type}`;
}
