import type { Configuration } from '../config/configuration.js';
import { EXIT } from './exit.js';

interface Preparation {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
}

/** `--init-only`: what needs more than CAP_NET_ADMIN, and nothing else; the agent proper runs afterwards. */
export async function runInitOnly(
  { warnings }: Configuration,
  prepare: () => Promise<Preparation>,
): Promise<number> {
  const preparation = await prepare();
  for (const warning of [...warnings, ...preparation.warnings]) process.stderr.write(`! ${warning}\n`);
  process.stdout.write(
    preparation.done.length === 0 ? 'Nothing to prepare.\n' : `${preparation.done.join('\n')}\n`,
  );
  return EXIT.good;
}
