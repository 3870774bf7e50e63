import { randomBytes } from 'node:crypto';
import type { Verb } from './access.js';
import { type ApiAnswer, badRequest, failureAnswer, jsonAnswer, notFound } from './answer.js';
import type { ObjectStore } from './object-store.js';
import { apiVersionOf, type Subject } from './resource.js';
import { type ApiObject, keyOf } from './stored-object.js';
import type { ServerRequest } from './tls-server.js';

export async function bodyOf(request: ServerRequest): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** Keeps a new object, or merges a patch into one that is there. Throws SyntaxError where the body is no JSON. */
export function acceptObject(store: ObjectStore, subject: Subject, verb: Verb, body: string): ApiAnswer {
  const object = JSON.parse(body) as ApiObject;
  return verb === 'patch' ? patched(store, subject, object) : created(store, subject, object);
}

function created(store: ObjectStore, { resource, namespace }: Subject, object: ApiObject): ApiAnswer {
  const { generateName, name = `${generateName}${randomBytes(4).toString('hex')}` } = object.metadata;
  if (generateName === undefined && object.metadata.name === undefined)
    return failureAnswer(badRequest('name or generateName is required'));
  const metadata = { ...object.metadata, name, ...(namespace !== undefined && { namespace }) };
  const stored = store.create(resource.name, { ...object, metadata });
  return jsonAnswer(201, stored.text(resource.kind, apiVersionOf(resource)));
}

// Of patches only what an event needs: the top level of a merge.
function patched(
  store: ObjectStore,
  { resource, namespace, name = '' }: Subject,
  patch: ApiObject,
): ApiAnswer {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const known = store.get(resource.name, keyOf({ metadata }));
  if (known === undefined) return failureAnswer(notFound(resource.name, name));
  const merged = { ...known.object, ...patch, metadata: { ...known.object.metadata, ...patch.metadata } };
  return jsonAnswer(200, store.update(resource.name, merged).text(resource.kind, apiVersionOf(resource)));
}
