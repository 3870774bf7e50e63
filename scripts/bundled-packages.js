import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Headers of the addon; esbuild knows nothing of them. */
const COMPILED = ['node_modules/node-addon-api'];

/**
 * The npm packages that ship inside our own files: those that the bundle is made of, as esbuild's metafile lists them, and
 * those that are compiled into the addon. Each with its folder and what its package.json says.
 */
export function bundledPackages(metafile) {
  const inputs = Object.keys(JSON.parse(readFileSync(metafile, 'utf8')).inputs);
  const folders = [...new Set([...inputs.flatMap(packageFolder), ...COMPILED])].sort();
  return folders.map((folder) => ({
    folder,
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  }));
}

/** `node_modules/a/node_modules/@b/c/dist/x.js` is of the package in `node_modules/a/node_modules/@b/c`. */
function packageFolder(file) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file);
  return found === null ? [] : [found[0]];
}
