import type { Address } from '../model/address.js';
import type { FrontendKey } from '../model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../model/kernel-keys.js';
import type { Operation } from '../model/operation.js';

/** The part of the data plane that an operation is about; what fails is retried as a whole subject. */
export type Subject = `frontend ${FrontendKey}` | `vip ${Address}`;

export function subjectOf(operation: Operation): Subject {
  if ('frontend' in operation) return `frontend ${operation.frontend.key}`;
  return `vip ${operation.address}`;
}

export function* subjectsOf({ frontends, vips }: KernelKeys): Generator<Subject> {
  for (const key of frontends) yield `frontend ${key}`;
  for (const address of vips) yield `vip ${address}`;
}

export function frontendOf(subject: Subject): FrontendKey | undefined {
  return subject.startsWith('frontend ') ? (nameOf(subject) as FrontendKey) : undefined;
}

export function keysOf(subjects: Iterable<Subject>): KernelKeySet {
  const keys = new KernelKeySet();
  for (const subject of subjects) {
    const frontend = frontendOf(subject);
    if (frontend !== undefined) keys.frontends.add(frontend);
    else keys.vips.add(nameOf(subject) as Address);
  }
  return keys;
}

function nameOf(subject: Subject): string {
  return subject.slice(subject.indexOf(' ') + 1);
}
