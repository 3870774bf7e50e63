import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoreV1Api, DiscoveryV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { report } from './report.js';

/**
 * The same with client-node's own informers and typed lists, as its examples show them: `informer.js KUBECONFIG`. They
 * only listen: nothing is translated, decided or programmed.
 */
const [kubeconfig = ''] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
// It does not know tokenFile.
const token = readFileSync(join(dirname(kubeconfig), 'token'), 'utf8');
config.users = config.users.map((user) => ({ ...user, token }));

const core = config.makeApiClient(CoreV1Api);
const discovery = config.makeApiClient(DiscoveryV1Api);
const informers = [
  makeInformer(config, '/api/v1/services', () => core.listServiceForAllNamespaces()),
  makeInformer(config, '/apis/discovery.k8s.io/v1/endpointslices', () =>
    discovery.listEndpointSliceForAllNamespaces(),
  ),
];

await report(async () => {
  const began = performance.now();
  for (const informer of informers) informer.on('error', fail);
  await Promise.all(informers.map((informer) => informer.start()));
  return { listed: performance.now() - began };
});
// Its watches end with an error event where they are stopped.
process.exit(0);

function fail(error: unknown): never {
  throw error;
}
