import type { Command } from 'commander';
import { columns } from './columns.js';
import { EXIT } from './exit.js';

/** What a report of a fault should say of the program and what it runs on. */
export interface VersionReport {
  readonly version: string;
  /** Of the sources; undefined where it was built from an archive. */
  readonly commit: string | undefined;
  readonly node: string;
  /** The library that the addon has found; undefined where the addon cannot be loaded. */
  readonly libnl: string | undefined;
  readonly kernel: string;
  readonly architecture: string;
}

export interface VersionOptions {
  readonly output: 'table' | 'json';
}

/** The options of `version` below `command`. */
export function withVersionOptions(
  command: Command,
  reader: (text: string) => 'table' | 'json',
  act: (options: VersionOptions) => Promise<void>,
): void {
  command
    .description('show the version of this program, of Node, libnl and the kernel')
    .option('-o, --output <format>', 'table or json', reader, 'table' as const)
    .action(act);
}

export async function runVersion({ output }: VersionOptions, report: () => VersionReport): Promise<number> {
  process.stdout.write(output === 'json' ? versionJson(report()) : versionText(report()));
  return EXIT.good;
}

/** The report for programs, as docs/schemas/version.v1.json has it. */
export function versionJson(report: VersionReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function versionText({ version, commit, node, libnl, kernel, architecture }: VersionReport): string {
  const rows = [
    ['kube-ipvs-proxy', version],
    ['commit', commit ?? 'unknown'],
    ['node', node],
    ['libnl', libnl ?? 'unknown: the addon cannot be loaded'],
    ['kernel', kernel],
    ['architecture', architecture],
  ];
  return columns(rows)
    .map((line) => `${line}\n`)
    .join('');
}
