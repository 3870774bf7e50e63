import { writeFile } from 'node:fs/promises';
import type { ApiServer } from '../../lab/api-server/api-server.js';
import { RESOURCES } from '../../lab/api-server/resource.js';
import type { ClusterObject } from '../../src/install/cluster-object.js';

/** A kubeconfig as an administrator has it; `token` need not be one that the server takes. Answers with the file. */
export async function writeAdminKubeconfig(server: ApiServer, file: string, token: string): Promise<string> {
  const authority = Buffer.from(server.authority).toString('base64');
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority-data': authority } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(file, JSON.stringify(text));
  return file;
}

/** Objects of any kind that the test server has. */
export function putObjects(server: ApiServer, objects: readonly (ClusterObject | undefined)[]): void {
  for (const object of objects) {
    if (object === undefined) continue;
    const { apiVersion: _, kind, ...stored } = object;
    const resource = RESOURCES.find((known) => known.kind === kind);
    if (resource === undefined) throw new Error(`the test server has no ${kind}`);
    server.store.create(resource.name, stored);
  }
}
