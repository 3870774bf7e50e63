import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { PROJECT_FOLDER } from './project-folder.js';

const SOURCES = join(PROJECT_FOLDER, 'lab/peers');
const PROGRAM = join(PROJECT_FOLDER, 'dist/lab/peers/lab-peers');

/** The path of lab-peers, built first where need be: natively a few seconds, much longer in an emulated machine. */
export async function peersBinary(): Promise<string> {
  const sources = (await readdir(SOURCES)).map((name) => join(SOURCES, name));
  if (!sources.every((source) => age(source) <= age(PROGRAM)))
    await runCommand(['bash', join(SOURCES, 'build')]);
  return PROGRAM;
}

function age(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
