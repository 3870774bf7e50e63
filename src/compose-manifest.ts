import type { ManifestOptions, OverlayChoice } from './cli/manifest.js';
import { currentCluster } from './install/current-cluster.js';
import { loadKubeconfig } from './install/kubeconfig.js';
import {
  type Manifest,
  manifestDifference,
  manifestLikeKubeProxy,
  manifestText,
  plainManifest,
} from './install/manifest.js';
import { contradiction, OVERLAYS, type Overlay } from './install/rendered-objects.js';

/** What `manifest --overlay` knows. */
export const OVERLAY_CHOICE: OverlayChoice = {
  names: OVERLAYS,
  contradiction: (names) => contradiction(names.filter(isOverlay)),
};

/** The text that `manifest` prints. */
export async function composeManifest(options: ManifestOptions): Promise<string> {
  const manifest = await manifestFor(options);
  if (options.dryRun === undefined) return manifestText(manifest);
  return manifestDifference(manifest, await clusterOf(options));
}

async function manifestFor(options: ManifestOptions): Promise<Manifest> {
  const { image = '', server, overlay, likeKubeProxy } = options;
  const overlays = overlay.filter(isOverlay);
  if (likeKubeProxy !== true) return plainManifest({ image, server, overlays });
  return manifestLikeKubeProxy(
    { image, nodeByNode: overlays.includes('node-by-node') },
    await clusterOf(options),
  );
}

async function clusterOf({ kubeconfig, context }: ManifestOptions) {
  return currentCluster(await loadKubeconfig({ kubeconfig, context }));
}

function isOverlay(name: string): name is Overlay {
  return OVERLAYS.some((overlay) => overlay === name);
}
