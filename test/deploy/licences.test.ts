import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PROJECT } from './support/deployments.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'licences-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** What the script prints in that folder, for a bundle of these files. */
function licencesOf(folder: string, inputs: readonly string[]) {
  const list = folderWith({
    'bundle.json': JSON.stringify({ inputs: Object.fromEntries(inputs.map((file) => [file, {}])) }),
  });
  const script = join(PROJECT, 'scripts/third-party-licences');
  return spawnSync(process.execPath, [script, join(list, 'bundle.json')], { cwd: folder, encoding: 'utf8' });
}

const packageOf = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.2.3', ...more });

const ADDON_API = {
  'node_modules/node-addon-api/package.json': packageOf('node-addon-api', { license: 'MIT' }),
  'node_modules/node-addon-api/LICENSE.md': 'of node-addon-api',
};

describe('the list of third-party licences', () => {
  it('has the licence of every package that the bundle and the addon are made of, and of no other', () => {
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    const names = Object.keys(dependencies);
    const { stdout, status } = licencesOf(
      PROJECT,
      names.map((name) => `node_modules/${name}/some/file.js`),
    );
    expect(status).toBe(0);
    for (const name of names) {
      const found = JSON.parse(readFileSync(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8'));
      expect(stdout).toContain(`\n${name} ${found.version}: ${found.license}\n`);
    }
    expect(stdout).toContain('Permission is hereby granted');
    expect(stdout).not.toMatch(/^(vitest|typescript|esbuild) /m);
  });

  it('has packages within packages, those with a scope, and their notices, each once', () => {
    const folder = folderWith({
      ...ADDON_API,
      'node_modules/a/node_modules/@b/c/package.json': packageOf('@b/c', { license: 'ISC' }),
      'node_modules/a/node_modules/@b/c/LICENCE': 'of b',
      'node_modules/a/node_modules/@b/c/NOTICE': 'notice of b',
      'node_modules/a/package.json': packageOf('a', { license: 'MIT', author: { name: 'Ada' } }),
    });
    const files = ['a/x.js', 'a/y.js', 'a/node_modules/@b/c/lib/x.js'];
    const { stdout } = licencesOf(folder, ['src/main.ts', ...files.map((file) => `node_modules/${file}`)]);
    expect(stdout.split(/-{80}/).map((text) => text.trim().replaceAll(/\n+/g, ' | '))).toEqual([
      'This software contains the following packages. | a 1.2.3: MIT | by Ada',
      '@b/c 1.2.3: ISC | of b | notice of b',
      'node-addon-api 1.2.3: MIT | of node-addon-api',
    ]);
  });

  it('is not made where a package says no licence: the build ends', () => {
    const folder = folderWith({ ...ADDON_API, 'node_modules/a/package.json': packageOf('a') });
    const { status, stderr } = licencesOf(folder, ['node_modules/a/x.js']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('node_modules/a has neither')]);
  });
});

describe('base images', () => {
  const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

  /** The script, where a registry gives this answer. */
  function pinnedBases(answer: string) {
    const folder = folderWith({ skopeo: `#!/bin/sh\necho "$@" >>"$0.log"\necho '${answer}'\n` });
    const asked = () => readFileSync(join(folder, 'skopeo.log'), 'utf8');
    spawnSync('chmod', ['+x', join(folder, 'skopeo')]);
    const PATH = `${folder}:${process.env.PATH}`;
    const run = spawnSync('bash', [join(PROJECT, 'scripts/image/pinned-bases')], {
      env: { ...process.env, PATH },
      encoding: 'utf8',
    });
    return { ...run, asked };
  }

  it('can be pinned by the digest that their tags have now, without a change of the Dockerfile', () => {
    const { stdout, asked } = pinnedBases(DIGEST);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `--build-arg NODE_IMAGE=docker.io/library/node:24-bookworm-slim@${DIGEST}`,
      `--build-arg DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim@${DIGEST}`,
    ]);
    expect(asked()).toContain('docker://docker.io/library/debian:bookworm-slim');
  });

  it('are not pinned to something that is no digest', () => {
    const { status, stdout, stderr } = pinnedBases('manifest unknown');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain("'manifest unknown' is no digest");
  });
});
