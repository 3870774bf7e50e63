import { dirname, resolve } from 'node:path';
import { shown } from '../../files/shown.js';
import { type YamlDocument, yamlDocuments } from '../../files/yaml-documents.js';
import { NestedTooDeeply } from '../../files/yaml-tokens.js';
import { credentialsError, type Place } from './credentials-error.js';
import { KubeconfigSection } from './kubeconfig-section.js';

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
