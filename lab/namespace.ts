import { type CommandResult, runCommand, tryCommand } from './command.js';

/** A network namespace, as `ip netns` names it. */
export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The words that run a command inside. Not `ip netns exec`: that mounts a /sys of its own, twice as slow. */
  inside(words: readonly string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.name}`, '--', ...words];
  }

  run(words: readonly string[], stdin?: string): Promise<string> {
    return runCommand(this.inside(words), stdin);
  }

  try(words: readonly string[], stdin?: string): Promise<CommandResult> {
    return tryCommand(this.inside(words), stdin);
  }

  /** Several `ip` commands, without the word `ip`, in one program. */
  async ip(lines: readonly string[]): Promise<void> {
    await runCommand(['ip', '-n', this.name, '-batch', '-'], batch(lines));
  }
}

/** Several `ip` commands outside of every namespace of the lab. */
export async function ipBatch(lines: readonly string[]): Promise<void> {
  await runCommand(['ip', '-batch', '-'], batch(lines));
}

function batch(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
