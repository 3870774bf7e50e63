import type { Command } from 'commander';
import { commandLine } from './cli/command-line.js';
import { type ManifestOptions, type OverlayChoice, runManifest } from './cli/manifest.js';
import { runPlan } from './cli/node-commands.js';
import type { Done } from './cli/program.js';
import { runSelftest } from './cli/selftest.js';
import { runVersion } from './cli/version.js';
import { RUN_COMMANDS } from './compose.js';
import { composeVersion } from './compose-kernel-views.js';
import { composeDesired, composeKernel, kernelRules } from './compose-node.js';
import { composeSource } from './compose-source.js';
import { LOADED_VIEWS } from './compose-view-commands.js';
import type { AgentSettings } from './config/agent-settings.js';
import { VERSION } from './config/version.js';
import { factsBefore, factsListener } from './desired/cluster-facts.js';
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
import { KubeProxyRemains } from './kernel/kube-proxy/kube-proxy-remains.js';
import { loadAddon } from './kernel/native/addon.js';
import { previewKernel } from './kernel/node/feature-probe.js';
import { TrialService } from './kernel/trial-service/trial-service.js';
import { parsedCidrs } from './model/cidr.js';
import type { ClusterFacts } from './model/cluster-facts.js';
import type { Rehearsal } from './model/status-report.js';
import { rehearse } from './reconcile/rehearsal.js';

/** The command line with all commands. */
export function fullCommandLine(done: Done): Command {
  const commands = {
    ...RUN_COMMANDS,
    plan: ({ settings }) => runPlan(() => composeRehearsal(settings)),
    selftest: (options) =>
      runSelftest(options, {
        open: () => new TrialService(loadAddon()),
        write: (text) => void process.stdout.write(text),
      }),
    manifest: (options) => runManifest(() => composeManifest(options)),
    overlays: OVERLAY_CHOICE,
    version: (options) => runVersion(options, composeVersion),
    kernel: LOADED_VIEWS,
  } satisfies Parameters<typeof commandLine>[1];
  return commandLine(VERSION, commands, done);
}

/** What `run` would do now. */
async function composeRehearsal(settings: AgentSettings): Promise<Rehearsal> {
  const source = composeSource(settings, VERSION, () => undefined);
  const kernel = composeKernel(settings);
  const remains = settings.adopt ? new KubeProxyRemains(loadAddon()) : undefined;
  const desired = composeDesired(settings, await previewKernel());
  try {
    const serverAddresses = await source.findWay();
    let facts: ClusterFacts = { ...factsBefore(await kernel.standingRules()), serverAddresses };
    const listener = factsListener(
      () => facts,
      (changed) => {
        facts = changed;
      },
    );
    await source.start({ ...listener, changed: () => undefined, problemsFound: () => undefined });
    desired.setFacts(facts);
    kernel.setRules(kernelRules(settings, facts));
    const excluded = parsedCidrs(settings.excludedCIDRs);
    const rehearsal = await rehearse(source.cluster, desired, kernel, remains, excluded);
    return { ...rehearsal, preparation: [...rehearsal.preparation, ...((await remains?.preview()) ?? [])] };
  } finally {
    await source.stop();
    await source.close();
    remains?.close();
    await kernel.close();
  }
}

/** What `manifest --overlay` knows. */
export const OVERLAY_CHOICE: OverlayChoice = {
  names: OVERLAYS,
  contradiction: (names) => contradiction(names.filter(isOverlay)),
};

/** The text that `manifest` prints. */
async function composeManifest(options: ManifestOptions): Promise<string> {
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
