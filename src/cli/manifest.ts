import { type Command, Option } from 'commander';
import { EXIT } from './exit.js';

/** What `manifest` was asked for. */
export interface ManifestOptions {
  readonly image?: string;
  readonly server?: string;
  readonly overlay: readonly string[];
  readonly likeKubeProxy?: boolean;
  readonly dryRun?: 'diff';
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Why these options do not go together; undefined where they do. */
type OverlayCheck = (overlays: readonly string[]) => string | undefined;

export interface OverlayChoice {
  readonly names: readonly string[];
  readonly contradiction: OverlayCheck;
}

/** The options of `manifest` below `command`; `act` is called with such as make sense. */
export function withManifestOptions(
  command: Command,
  overlays: OverlayChoice,
  act: (options: ManifestOptions) => Promise<void>,
): void {
  command
    .description('print what to apply to a cluster; with --dry-run=diff what that would change there')
    .requiredOption('--image <image>', 'the image that nodes are to pull')
    .option('--server <url>', 'where every node reaches the API server without a Service')
    .addOption(
      new Option('--overlay <name>', `one of ${overlays.names.join(', ')}; may be given more than once`)
        .argParser((name: string, before: readonly string[]) => [...before, name])
        .default([]),
    )
    .option(
      '--like-kube-proxy',
      'take over how kube-proxy runs: DaemonSet, ConfigMap, kubeconfig, tolerations',
    )
    .addOption(
      new Option(
        '--dry-run <how>',
        'diff: show what would change in the cluster, and print nothing to apply',
      ).choices(['diff']),
    )
    .option('--kubeconfig <file>', 'of the cluster that is asked; otherwise as kubectl finds it')
    .option('--context <name>', 'of that kubeconfig')
    .action(async (options: ManifestOptions) => {
      const wrong = wrongUse(options, overlays);
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      await act(options);
    });
}

function wrongUse(
  { overlay, likeKubeProxy, server }: ManifestOptions,
  overlays: OverlayChoice,
): string | undefined {
  const unknown = overlay.find((name) => !overlays.names.includes(name));
  if (unknown !== undefined)
    return `'${unknown}' is no overlay; expected one of ${overlays.names.join(', ')}.`;
  const contradiction = overlays.contradiction(overlay);
  if (contradiction !== undefined) return `${contradiction}.`;
  if (likeKubeProxy !== true) return undefined;
  if (server !== undefined)
    return '--like-kube-proxy keeps the kubeconfig of kube-proxy; leave --server out.';
  const other = overlay.find((name) => name !== 'node-by-node');
  return (
    other &&
    `--like-kube-proxy keeps the configuration of kube-proxy, which the overlay ${other} would replace.`
  );
}

/** Prints what was composed. */
export async function runManifest(text: () => Promise<string>): Promise<number> {
  process.stdout.write(await text());
  return EXIT.good;
}
