import { hostname } from 'node:os';
import type { Problem } from '../model/problem.js';
import type { AgentSettings } from './agent-settings.js';
import { checkedDocuments, type DocumentName, defaultDocuments } from './checked-documents.js';
import type { Documents } from './completed-documents.js';
import { configDocuments, type RawDocuments } from './config-documents.js';
import { readConfigText } from './config-file.js';
import { type GivenFlag, withFlags } from './given-flags.js';
import { settingsFrom } from './settings-from-documents.js';
import { withoutEffect } from './without-effect.js';

/** Where a configuration comes from. It can be read again when the file has changed. */
export interface ConfigurationSource {
  /** Path of `--config`; undefined: flags alone. */
  readonly file: string | undefined;
  readonly flags: readonly GivenFlag[];
}

/** What file and flags come to. */
export interface Configuration {
  readonly source: ConfigurationSource;
  readonly settings: AgentSettings;
  /** The same as documents, complete: for `--write-config-to` and /configz. */
  readonly documents: Documents;
  /** Sentences for the log at the start: what was accepted and changes nothing. */
  readonly warnings: readonly string[];
}

/** Rejects with ConfigError, which holds everything that is wrong. */
export async function readConfiguration(source: ConfigurationSource): Promise<Configuration> {
  const text = source.file === undefined ? undefined : await readConfigText(source.file);
  return configurationFrom(source, text, hostname());
}

/** As `readConfiguration`, with the file's text and the machine's name at hand. Throws ConfigError. */
export function configurationFrom(
  source: ConfigurationSource,
  text: string | undefined,
  machine: string,
): Configuration {
  const file = text === undefined ? {} : configDocuments(source.file ?? '--config', text);
  const counting = source.flags.filter((given) => source.file === undefined || counts(given));
  const documents = checkedDocuments(withFlags(file, counting), (document, complaint) => ({
    kind: 'object',
    ...complaint,
    ...origin(source.file, counting, document, complaint.field),
  }));
  return {
    source,
    settings: settingsFrom(documents, machine),
    documents,
    warnings: warnings(source, file, documents),
  };
}

function counts({ flag }: GivenFlag): boolean {
  return flag.besideConfig === 'counts';
}

/** Where a field got its value: a flag, or the file. */
function origin(
  file: string | undefined,
  flags: readonly GivenFlag[],
  document: DocumentName,
  field: string | undefined,
): Pick<Problem, 'subject' | 'field'> {
  const path = field?.replace(/\[.*$/, '');
  const given = flags.findLast(({ flag }) => flag.field?.document === document && flag.field.path === path);
  if (given !== undefined) return { subject: 'the command line', field: `--${given.flag.name}` };
  return { subject: file ?? 'the command line' };
}

function warnings({ file, flags }: ConfigurationSource, raw: RawDocuments, documents: Documents): string[] {
  const ignored = flags.filter((given) => file !== undefined && !counts(given));
  const idle = flags.filter(({ flag }) => flag.field === undefined);
  const sentences = [
    ignored.length === 0
      ? undefined
      : `Ignored beside --config, as in kube-proxy: ${flagList(ignored)}. Write them into ${file}.`,
    raw.proxy !== undefined && (raw.proxy.mode ?? '') === ''
      ? 'mode is empty, for which kube-proxy takes iptables; this program balances by IPVS all the same. Write mode: ipvs.'
      : undefined,
    withoutEffect(
      documents,
      defaultDocuments(),
      idle.map(({ flag }) => `--${flag.name} (${flag.because})`),
    ),
  ];
  return sentences.filter((sentence) => sentence !== undefined);
}

function flagList(flags: readonly GivenFlag[]): string {
  return [...new Set(flags.map(({ flag }) => `--${flag.name}`))].join(', ');
}
