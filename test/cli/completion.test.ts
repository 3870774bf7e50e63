import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Commands, commandLine, manPage } from '../../src/cli/command-line.js';
import { completionScript, SHELLS } from '../../src/cli/completion.js';
import { OVERLAY_CHOICE } from '../../src/compose-command-line.js';
import { unseenKernel } from '../support/kernel-views.js';

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

function program(): Command {
  const never = vi.fn(async () => 1);
  const commands = {
    ...{
      run: never,
      initOnly: never,
      plan: never,
      cleanup: never,
      selftest: never,
      manifest: never,
      version: never,
    },
    overlays: OVERLAY_CHOICE,
    kernel: unseenKernel(),
  } satisfies Commands;
  return commandLine('1.2.3', commands, () => undefined);
}

/** Every command, each with the long flags that `--help` names. */
function commandsAndFlags(): [command: string, flags: string[]][] {
  const root = program();
  const help = root.createHelp();
  return root.commands.map((command) => [
    command.name(),
    help.visibleOptions(command).flatMap(({ long }) => (long ? [long] : [])),
  ]);
}

/** What bash offers after these words, asked of the script itself. */
function bashOffers(...words: string[]): string[] {
  const script = join(folder, 'completion.bash');
  writeFileSync(script, completionScript('bash', program()));
  const ask = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kube_ipvs_proxy; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('/bin/bash', ['--norc', '-c', ask, 'bash', script, 'kube-ipvs-proxy', ...words]);
  return said
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

describe('completion', () => {
  it('offers in bash every command first', () => {
    const names = commandsAndFlags().map(([name]) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(bashOffers('')).toEqual(expect.arrayContaining(names));
    expect(bashOffers('ser')).toEqual(['services']);
  });

  it('offers in bash every flag of every command after it, and no flag of another', () => {
    for (const [name, flags] of commandsAndFlags())
      expect(new Set(bashOffers(name, '--')), name).toEqual(new Set(flags));
  });

  it('offers in bash the flags of run after a flag, as kube-proxy is started without a command', () => {
    expect(bashOffers('--v=2', '--masq')).toContain('--masquerade-all');
  });

  it('offers in bash the values of a flag that takes certain ones', () => {
    expect(bashOffers('services', '--sort-by', '')).toContain('connections');
    expect(bashOffers('completion', '')).toEqual(expect.arrayContaining([...SHELLS]));
  });

  it.skipIf(!hasShell('fish'))('offers in fish commands, flags and values', () => {
    const script = join(folder, 'completion.fish');
    writeFileSync(script, completionScript('fish', program()));
    const offers = (typed: string) => {
      const words = ['--no-config', '-c', `source ${script}; complete -C '${typed}'`];
      const lines = execFileSync('fish', words, { env: { ...process.env, HOME: folder } })
        .toString()
        .split('\n');
      return lines.flatMap((line) => (line === '' ? [] : [line.split('\t')[0]]));
    };
    expect(offers('kube-ipvs-proxy ser')).toEqual(['services']);
    expect(offers('kube-ipvs-proxy services --so')).toEqual(['--sort-by']);
    expect(offers('kube-ipvs-proxy services --sort-by c')).toContain('connections');
    expect(offers('kube-ipvs-proxy check -o ')).toEqual(['json', 'text']);
    expect(offers('kube-ipvs-proxy completion ')).toEqual([...SHELLS].sort());
  });

  // Its completion runs at a prompt alone, so one is made, and what appears behind what is typed is waited for.
  it.skipIf(!hasShell('zsh'))(
    'completes in zsh commands, flags and values, from the first question on',
    () => {
      writeFileSync(join(folder, '_kube-ipvs-proxy'), completionScript('zsh', program()));
      const typed: readonly (readonly [string, string])[] = [
        ['kube-ipvs-proxy ser', 'services'],
        ['kube-ipvs-proxy services --so', '--sort-by'],
        ['kube-ipvs-proxy services --sort-by con', 'connections'],
        ['kube-ipvs-proxy check -o j', 'json'],
        ['kube-ipvs-proxy completion f', 'fish'],
      ];
      const script = [
        'zmodload zsh/zpty',
        'zpty z zsh -f -i',
        `zpty -w z 'PS1=; fpath=(${folder} $fpath); autoload -Uz compinit; compinit -u -D; print rea""dy'`,
        "zpty -r z shown '*ready*'",
        `ask() { zpty -n -w z "$1"$'\\t'; zpty -r z shown "*$2*"; print -r -- $2; zpty -n -w z $'\\x15'; }`,
        ...typed.map(([text, word]) => `ask '${text}' ${word}`),
      ].join('\n');
      const env = { ...process.env, HOME: folder, TERM: 'dumb' };
      const said = execFileSync('zsh', ['-f', '-c', script], { env, timeout: 25_000 }).toString();
      expect(said.trim().split('\n')).toEqual(typed.map(([, word]) => word));
    },
  );

  it.each(SHELLS)('names each command and each flag in the script of %s', (shell) => {
    const script = completionScript(shell, program());
    for (const [name, flags] of commandsAndFlags()) {
      const lines = script.split('\n').filter((line) => shell !== 'fish' || line.includes(`from ${name}'`));
      const part = shell === 'zsh' ? zshPart(lines, name) : lines.join('\n');
      expect(script).toContain(name);
      for (const flag of flags) {
        const word = shell === 'fish' ? `-l ${flag.slice(2)} ` : flag;
        expect(part, `${name} ${flag}`).toContain(word);
      }
    }
  });
});

function hasShell(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0;
}

function zshPart(lines: readonly string[], name: string): string {
  const start = lines.findIndex(
    (line) => line.startsWith(`    ${name} |`) || line.startsWith(`    ${name})`),
  );
  expect(start, name).toBeGreaterThan(0);
  return lines.slice(start, lines.indexOf('    ) ;;', start)).join('\n');
}

describe('the manual page', () => {
  const page = manPage(program(), '1.2.3', 'Exit codes: 0 good.');

  it('has a part for each command with each of its flags', () => {
    for (const [name, flags] of commandsAndFlags()) {
      const part =
        page.split('\n.SS ').find((text) => text.startsWith(`${name.replaceAll('-', '\\-')}\n`)) ?? '';
      for (const flag of flags) expect(part, name).toContain(flag.replaceAll('-', '\\-'));
    }
  });

  it('has no line that roff would take for a request of another kind', () => {
    const requests = page.split('\n').flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []);
    expect([...new Set(requests)].sort()).toEqual(['B', 'PP', 'SH', 'SS', 'TH', 'TP']);
  });

  it('says the version and what the exit codes mean', () => {
    expect(page).toContain('1.2.3');
    expect(page).toContain('Exit codes: 0 good.');
  });
});
