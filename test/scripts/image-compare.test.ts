import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PROJECT } from '../deploy/support/deployments.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs scripts/image/compare with these lines of shell in place of a build; `$root` is where it lays the image down. */
function compare(build: string) {
  const folder = mkdtempSync(join(tmpdir(), 'compare-'));
  folders.push(folder);
  for (const file of ['image/compare', 'steps.bash', 'test-kernel/shared/cache-folder.bash'])
    cpSync(join(PROJECT, 'scripts', file), join(folder, 'scripts', file));
  const cache = join(folder, 'cache');
  mkdirSync(join(cache, 'image/root'), { recursive: true });
  writeFileSync(join(cache, 'image/digest'), 'sha256:old');
  writeFileSync(
    join(folder, 'scripts/image/build'),
    `root=${cache}/image/root digest=${cache}/image/digest\n${build}`,
  );
  const environment = { ...process.env, KUBE_IPVS_PROXY_CACHE: cache };
  const options = { cwd: folder, encoding: 'utf8', env: environment } as const;
  return spawnSync('bash', ['scripts/image/compare'], options);
}

describe('the comparison of two builds', () => {
  it('ends with 0 where both have one digest', () => {
    const { status, stdout } = compare('echo same >"$root/file"; echo sha256:new >"$digest"');
    expect([status, stdout]).toEqual([0, 'sha256:new\nsha256:new\n']);
  });

  it('names the files that differ', () => {
    const { status, stdout } = compare(
      'date +%N >"$root/clock"; echo same >"$root/file"; echo "sha256:$RANDOM$RANDOM" >"$digest"',
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^[<>] clock f /m);
  });

  it('fails where a build fails, and does not compare what earlier ones left', () => {
    const { status, stdout } = compare('exit 100');
    expect([status, stdout]).toEqual([100, '']);
  });
});
