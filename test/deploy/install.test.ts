import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEPLOY, rendered } from './support/deployments.js';
import { toText } from './support/render.js';

const HEADER = `# Made from deploy/kustomize/base; edit that, then: npm run render
# Before you apply it, put your API server's address in place of api-server.invalid; docs/deploying.md says how.
`;

it('install.yaml is what the base renders to', async () => {
  await expect(`${HEADER}${toText(rendered('base'))}`).toMatchFileSnapshot(join(DEPLOY, 'install.yaml'));
});
