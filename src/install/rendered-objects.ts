import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, parseAllDocuments } from 'yaml';
import { InstallError } from './cluster-object.js';

/** What of deploy/kustomize/overlays may be asked for. */
export const OVERLAYS = ['dual-stack', 'monitoring', 'beside-kube-proxy', 'node-by-node'] as const;

export type Overlay = (typeof OVERLAYS)[number];

/** The image that the manifests in deploy/ name, and the address that they leave to whoever applies them. */
const IMAGE = /^kube-ipvs-proxy:/;
const NO_SERVER = 'https://api-server.invalid:6443';

export interface InstallChoice {
  readonly image: string;
  /** Where every node reaches the API server without a Service. */
  readonly server: string | undefined;
  readonly overlays: readonly Overlay[];
}

/** The objects of deploy/ with image and server in them, comments and all. Throws InstallError. */
export function renderedObjects({ image, server, overlays }: InstallChoice): readonly Document[] {
  const text = readFileSync(join(deployFolder(), fileOf(overlays)), 'utf8');
  // The head of the file says how the file was made, which is not how this was.
  const documents = parseAllDocuments(text.replace(/^# Made from .*\n# .*\n/, '')) as readonly Document[];
  for (const document of documents) {
    setImage(document, image);
    if (server !== undefined) setServer(document, server);
  }
  return documents;
}

/** Undefined where these overlays go together; else why not. */
export function contradiction(overlays: readonly Overlay[]): string | undefined {
  const alone = overlays.find((overlay) => overlay === 'beside-kube-proxy' || overlay === 'node-by-node');
  if (alone === undefined || new Set(overlays).size === 1) return undefined;
  return `the overlay ${alone} has a configuration of its own, or kube-proxy's, and goes with no other`;
}

function fileOf(overlays: readonly Overlay[]): string {
  const names = [...new Set(overlays)].sort();
  return names.length === 0 ? 'install.yaml' : `rendered/${names.join('-')}.yaml`;
}

// Beside the bundle as well as beside the sources: the folder that package.json is in has deploy/.
function deployFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'deploy/install.yaml'))) {
    if (folder === dirname(folder))
      throw new InstallError(
        'deploy/install.yaml is not beside this program.',
        'Use the image, or a checkout.',
      );
    folder = dirname(folder);
  }
  return join(folder, 'deploy');
}

function setImage(document: Document, image: string): void {
  for (const list of ['initContainers', 'containers'])
    for (let index = 0; ; index++) {
      const path = ['spec', 'template', 'spec', list, index, 'image'];
      const found = document.getIn(path);
      if (typeof found !== 'string') break;
      if (IMAGE.test(found)) document.setIn(path, image);
    }
}

function setServer(document: Document, server: string): void {
  const path = ['data', 'kubeconfig.conf'];
  const text = document.get('kind') === 'ConfigMap' ? document.getIn(path) : undefined;
  if (typeof text === 'string') document.setIn(path, text.replace(NO_SERVER, server));
}
