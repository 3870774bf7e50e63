import { isSeq } from 'yaml';
import { type Manifest, put, type Step } from './manifest.js';

/** RFC 6902; `add`, `replace` and `remove` are all that is used. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  /** RFC 6901: `/spec/template`, with `~1` for a slash and `-` for the end of a list. */
  readonly path: string;
  readonly value?: unknown;
}

export function applyJsonPatch(manifest: Manifest, operations: readonly PatchOperation[]): void {
  for (const operation of operations) applyOperation(manifest, operation);
}

function applyOperation(manifest: Manifest, { op, path, value }: PatchOperation): void {
  const steps = stepsOf(path);
  const parent = manifest.getIn(steps.slice(0, -1));
  const last = steps.at(-1);
  if (parent === undefined) throw new Error(`${op} ${path}: there is nothing to put it into`);
  if (op !== 'add' && !manifest.hasIn(steps)) throw new Error(`${op} ${path}: there is no such field`);
  if (op === 'remove') manifest.deleteIn(steps);
  else if (op === 'add' && isSeq(parent))
    parent.items.splice(last === '-' ? parent.items.length : Number(last), 0, manifest.createNode(value));
  else put(manifest, steps, value);
}

function stepsOf(path: string): Step[] {
  if (!path.startsWith('/'))
    throw new Error(`${path} is no JSON pointer; expected one such as /spec/template`);
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
