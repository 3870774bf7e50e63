import { writeFile } from 'node:fs/promises';
import type { Configuration } from '../config/configuration.js';
import { writtenDocuments } from '../config/written-documents.js';
import { EXIT } from './exit.js';

/** `--write-config-to`: both documents with every default, to be read back by `--config`. */
export async function writeConfig(path: string, { documents, warnings }: Configuration): Promise<number> {
  for (const warning of warnings) process.stderr.write(`! ${warning}\n`);
  await writeFile(path, writtenDocuments(documents));
  process.stdout.write(`Wrote the configuration to ${path}.\n`);
  return EXIT.good;
}
