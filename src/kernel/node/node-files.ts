import { access, readFile } from 'node:fs/promises';

/**
 * Where a node shows and takes what there is no netlink for. They belong to the addon: whoever puts another in its
 * place has to name other folders as well, or the machine that the test runs on is set up.
 */
export interface NodePlaces {
  /** `/proc`, of which `sys` and `self` are written to. */
  readonly proc: string;
  /** `/sys`, for the parameters of modules. */
  readonly sys: string;
}

export const NODE_PLACES: NodePlaces = { proc: '/proc', sys: '/sys' };

/** Without the white space around it; undefined where there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'latin1')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether there is such a file, and it may be used so (`constants` of node:fs). */
export function isAccessible(file: string, mode?: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

/** errno's name, or whatever the error says where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
