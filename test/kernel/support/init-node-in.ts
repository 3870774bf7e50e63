import { join } from 'node:path';
import type { Namespace } from '../../../lab/namespace.js';
import { PROJECT_FOLDER } from '../../../lab/project-folder.js';
import type { NodePreparation } from '../../../src/kernel/node/init-node.js';
import type { NodeSetUp } from '../../../src/kernel/node/node-set-up.js';
import { DEFAULT_NODE_SET_UP } from '../../support/node-set-up.js';

const KERNEL = join(PROJECT_FOLDER, 'dist/src/kernel');

/**
 * Runs initNode as it was compiled, in a process of its own inside a namespace, with the rights of the init container.
 */
export async function initNodeIn(
  namespace: Namespace,
  settings: Partial<NodeSetUp> = {},
): Promise<NodePreparation> {
  const script = `
    import { initNode } from '${KERNEL}/node/init-node.js';
    import { loadAddon } from '${KERNEL}/native/addon.js';
    const settings = ${JSON.stringify({ ...DEFAULT_NODE_SET_UP, ...settings })};
    console.log(JSON.stringify(await initNode(loadAddon(), settings, 'rr')));
  `;
  const words = [process.execPath, '--input-type=module', '--eval', script];
  return JSON.parse(await namespace.run(words)) as NodePreparation;
}
