import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that an agent watches; everything else of one cluster lies in it too. */
export class ManifestFolder {
  readonly path: string;

  static async create(): Promise<ManifestFolder> {
    return new ManifestFolder(await mkdtemp(join(tmpdir(), 'manifests-')));
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** Replaces what the file had in one step. JSON is YAML too. */
  async put(name: string, objects: readonly object[]): Promise<void> {
    const file = join(this.path, name);
    await writeFile(`${file}.new`, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    await rename(`${file}.new`, `${file}.yaml`);
  }

  async drop(name: string): Promise<void> {
    await rm(join(this.path, `${name}.yaml`));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
