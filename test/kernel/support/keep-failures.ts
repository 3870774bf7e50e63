import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { Agent } from '../../../lab/agent.js';
import { PROJECT_FOLDER } from '../../../lab/project-folder.js';

/** CI keeps this folder of a run that failed. */
const RESULTS = join(process.env.RESULTS_FOLDER ?? join(PROJECT_FOLDER, 'test-results'), 'bundles');

/** Writes a support bundle for each agent of the lab; answers with the files. */
export async function keepBundles(test: string, folder = RESULTS): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const [index, agent] of Agent.alive.entries()) {
    const file = join(folder, `${test.replace(/[^\w.-]+/g, '-').slice(0, 120)}-${index}.tar.gz`);
    // Of an earlier run: the command replaces none.
    rmSync(file, { force: true });
    await agent.supportBundle(file);
    files.push(file);
  }
  return files;
}

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepBundles(`${task.file.name}-${task.name}`);
});
