import { Command } from 'commander';

/** Receives the exit code of the command that ran. */
export type Done = (code: number) => void;

/** What stands below the options in `--help`. */
export const EXIT_CODES = `
Without a command, and with any flag, it is \`run\`: kube-proxy's command line works unchanged.
Exit codes: 0 good, 1 a problem was found, 2 wrong usage or configuration, 3 the agent is not running,
4 there is nothing of what was asked for.`;

/** What a program says of itself. */
interface ProgramText {
  readonly name: string;
  readonly description: string;
  /** Below the options in `--help`. */
  readonly more: string;
}

const ON_A_NODE: ProgramText = {
  name: 'kube-ipvs-proxy',
  description: 'The IPVS service proxy for Kubernetes.',
  more: EXIT_CODES,
};

/** The command line without commands. */
export function emptyCommandLine(version: string, text: ProgramText = ON_A_NODE): Command {
  return (
    new Command(text.name)
      .description(text.description)
      .version(version, '--version')
      .addHelpText('after', text.more)
      .showHelpAfterError('(add --help for the options)')
      // Before the commands are made, since they inherit it: only main.ts ends the process.
      .exitOverride()
  );
}
