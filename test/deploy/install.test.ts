import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEPLOY, type KustomizationName, rendered } from './support/deployments.js';
import { toText } from './support/render.js';

const headOf = (source: string) => `# Made from deploy/kustomize/${source}; edit that, then: npm run render
# Before you apply it, put your API server's address in place of api-server.invalid; docs/deploying.md says how.
`;

it('install.yaml is what the base renders to', async () => {
  await expect(`${headOf('base')}${toText(rendered('base'))}`).toMatchFileSnapshot(
    join(DEPLOY, 'install.yaml'),
  );
});

/** What `kube-ipvs-proxy manifest --overlay` prints; its names there are those of the files. */
const OVERLAYS = ['beside-kube-proxy', 'dual-stack', 'dual-stack-monitoring', 'monitoring', 'node-by-node'];

it.each(OVERLAYS)('rendered/%s.yaml is what the overlay renders to', async (name) => {
  const source = `overlays/${name}` as KustomizationName;
  const file = join(DEPLOY, 'rendered', `${name}.yaml`);
  await expect(`${headOf(source)}${toText(rendered(source))}`).toMatchFileSnapshot(file);
});
