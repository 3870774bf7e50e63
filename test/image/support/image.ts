import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `scripts/image/build` has left. */
export interface Image {
  /** Folder of the root file system. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
}

export function builtImage(): Image {
  const folder = join(cacheFolder(), 'image');
  const inspected = JSON.parse(readFileSync(join(folder, 'image.json'), 'utf8'));
  const { Entrypoint, Env } = inspected.OCIv1.config;
  return { root: join(folder, 'root'), entrypoint: Entrypoint, environment: Env };
}

// As scripts/test-kernel/shared/cache-folder.bash.
function cacheFolder(): string {
  const { KUBE_IPVS_PROXY_CACHE, XDG_CACHE_HOME } = process.env;
  return KUBE_IPVS_PROXY_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kube-ipvs-proxy');
}
