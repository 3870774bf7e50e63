import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../deploy/support/deployments.js';
import { krewComplaints } from './krew-manifest.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  for (const path of ['package.json', 'CHANGELOG.md', 'Dockerfile', 'NOTICE', 'LICENSE', 'scripts', 'deploy'])
    cpSync(join(PROJECT, path), join(folder, path), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(folder, 'programs'));
  // A commit of its own, with a time that is known.
  const env = {
    ...process.env,
    GIT_AUTHOR_DATE: '@1700000000 +0000',
    GIT_COMMITTER_DATE: '@1700000000 +0000',
  };
  const git = (...words: readonly string[]) =>
    spawnSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...words], { cwd: folder, env });
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'one');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A program that writes its words down and does what the lines say. */
function program(name: string, lines = ''): void {
  const file = join(folder, 'programs', name);
  writeFileSync(
    file,
    `#!/bin/bash\nprintf '%s ' "${name}" "$@" >>'${folder}/calls'\necho >>'${folder}/calls'\n${lines}\n`,
  );
  chmodSync(file, 0o755);
}

function run(script: string, words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...more, PATH: `${folder}/programs:${process.env.PATH}` };
  const { status, stderr } = spawnSync('bash', [join(folder, 'scripts/release', script), ...words], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return {
    status,
    stderr,
    calls: existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '',
  };
}

const version = () => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version as string;

describe('check-tag', () => {
  it('takes the version that CHANGELOG.md has with a date', () => {
    writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n## ${version()} (2026-11-29)\n`);
    expect(run('check-tag', [`v${version()}`])).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses another version, and one that CHANGELOG.md does not have', () => {
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n');
    expect(run('check-tag', ['v9.9.9']).stderr).toContain(
      `the tag is v9.9.9, and package.json says ${version()}`,
    );
    expect(run('check-tag', [`v${version()}`]).stderr).toContain('CHANGELOG.md has no section');
  });
});

describe('push-image', () => {
  const docker = `case $1 in
    buildx) if [[ $2 = imagetools ]]; then echo ${DIGEST}; else
      while [[ $# -gt 0 ]]; do [[ $1 != --metadata-file ]] || echo '{"containerimage.digest": "${DIGEST}"}' >"$2"; shift; done; fi ;;
    create) echo container ;;
    export) tar -c --files-from /dev/null ;;
  esac`;

  it('builds both architectures of one commit from pinned bases, at the time of the commit', () => {
    program('docker', docker);
    const output = join(folder, 'output');
    const { status, calls } = run('push-image', [], {
      IMAGE: 'r.example.com/p',
      GITHUB_OUTPUT: output,
    });
    expect(status).toBe(0);
    const build = calls.split('\n').find((line) => line.startsWith('docker buildx build')) ?? '';
    expect(build).toContain('--platform linux/amd64,linux/arm64');
    expect(build).toMatch(
      /--build-arg NODE_IMAGE=\S+@sha256:a{64} --build-arg DEBIAN_IMAGE=\S+@sha256:a{64}/,
    );
    expect(build).toMatch(/--build-arg COMMIT=[0-9a-f]{40} /);
    expect(build).toContain(`name=r.example.com/p:${version()},push=true,rewrite-timestamp=true`);
    expect(readFileSync(output, 'utf8')).toBe(`digest=${DIGEST}\n`);
    expect(readFileSync(join(folder, 'dist/release/image.txt'), 'utf8')).toBe(
      `r.example.com/p:${version()}@${DIGEST}\n`,
    );
  });

  it('says what is missing', () => {
    expect(run('push-image', []).stderr).toContain('names no image');
  });
});

describe('sign', () => {
  it('signs the digest and its SBOM, never a tag', () => {
    program('cosign');
    const { calls } = run('sign', [DIGEST], { IMAGE: 'r.example.com/p' });
    expect(calls.trim().split(' \n')).toEqual([
      `cosign sign --yes r.example.com/p@${DIGEST}`,
      `cosign attest --yes --type cyclonedx --predicate dist/release/sbom.cdx.json r.example.com/p@${DIGEST}`,
    ]);
  });

  it('refuses what is no digest', () => {
    program('cosign');
    expect(run('sign', ['latest'], { IMAGE: 'r.example.com/p' })).toMatchObject({ status: 1, calls: '' });
  });
});

describe('publish', () => {
  it('makes a draft with the section of CHANGELOG.md and all files', () => {
    program('gh', 'cp dist/notes.md "$(dirname "$0")/notes"');
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      '# C\n\n## Unreleased\n\n- new\n\n## 1.2.3 (2026-01-01)\n\n- old\n\n## 1.2.2 (2025-01-01)\n\n- older\n',
    );
    mkdirSync(join(folder, 'dist/release'), { recursive: true });
    writeFileSync(join(folder, 'dist/release/install.yaml'), '');
    const { calls } = run('publish', ['v1.2.3']);
    expect(calls).toContain('gh release create v1.2.3 --draft --verify-tag');
    expect(calls).toContain('dist/release/install.yaml');
    expect(readFileSync(join(folder, 'programs/notes'), 'utf8').trim()).toBe('- old');
  });
});

describe('package', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'dist/image-root/var/lib/dpkg'), { recursive: true });
    mkdirSync(join(folder, 'dist/image-root/etc'), { recursive: true });
    mkdirSync(join(folder, 'dist/image-root/usr/local/bin'), { recursive: true });
    writeFileSync(
      join(folder, 'dist/image-root/var/lib/dpkg/status'),
      'Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n',
    );
    writeFileSync(join(folder, 'dist/image-root/etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
    writeFileSync(join(folder, 'dist/image-root/usr/local/bin/node'), 'download/release/v24.0.0/');
    writeFileSync(join(folder, 'dist/bundle.json'), '{"inputs": {}}');
    writeFileSync(join(folder, 'dist/kubectl-ipvs'), '#!/usr/bin/env node\n', { mode: 0o755 });
    writeFileSync(join(folder, 'dist/third-party-licences.txt'), '');
    cpSync(join(PROJECT, 'package-lock.json'), join(folder, 'package-lock.json'));
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  });

  const fileOf = (name: string) => readFileSync(join(folder, 'dist/release', name), 'utf8');

  it('has manifests and chart with the image of the release, SBOM, notices and checksums of all', () => {
    const { status, stderr } = run('package', ['--without-images'], { IMAGE: 'r.example.com/p' });
    expect(stderr).toContain('in dist/release:');
    expect(status).toBe(0);
    expect(fileOf('install.yaml').match(/image: r\.example\.com\/p:/g)).toHaveLength(2);
    expect(fileOf('install-dual-stack.yaml')).toContain('image: r.example.com/p:');
    const sums = fileOf('checksums.txt')
      .trim()
      .split('\n')
      .map((line) => line.split('  ')[1]);
    const chart = `kube-ipvs-proxy-chart-${version()}.tgz`;
    expect(sums).toEqual(
      expect.arrayContaining(['LICENSE', 'NOTICE', 'install.yaml', 'sbom.cdx.json', chart]),
    );
    const listed = spawnSync('tar', ['-tzvf', join(folder, 'dist/release', chart)], {
      encoding: 'utf8',
    }).stdout;
    expect(listed).toMatch(/^-.* kube-ipvs-proxy\/files\/kube-ipvs-proxy\.json$/m);
    const values = spawnSync(
      'tar',
      ['-xzOf', join(folder, 'dist/release', chart), 'kube-ipvs-proxy/values.yaml'],
      { encoding: 'utf8' },
    ).stdout;
    expect(values).toContain('repository: r.example.com/p');
  });

  it('has the kubectl plugin and a krew manifest that fits it', () => {
    run('package', ['--without-images'], { HOMEPAGE: 'https://git.example.com/p' });
    const archive = `kubectl-ipvs-${version()}.tar.gz`;
    const listed = spawnSync('tar', ['-tzvf', join(folder, 'dist/release', archive)], {
      encoding: 'utf8',
    }).stdout;
    expect(listed).toMatch(/^-rwxr-xr-x .* \.\/kubectl-ipvs$/m);
    expect(listed).toMatch(/^-rwxr-xr-x .* \.\/kubectl_complete-ipvs$/m);
    expect(listed).toMatch(/LICENSE[\s\S]*NOTICE[\s\S]*third-party-licences/);
    const manifest = parse(fileOf('ipvs.yaml'));
    expect(krewComplaints('ipvs', manifest)).toEqual([]);
    expect(manifest.spec.version).toBe(`v${version()}`);
    const [platform] = manifest.spec.platforms;
    expect(platform.uri).toBe(`https://git.example.com/p/releases/download/v${version()}/${archive}`);
    expect(fileOf('checksums.txt')).toContain(`${platform.sha256}  ${archive}`);
    expect(fileOf('kubectl-ipvs-rbac.yaml')).toContain('pods/exec');
  });

  it('names the repository that a workflow runs for in the krew manifest', () => {
    run('package', ['--without-images'], {
      GITHUB_SERVER_URL: 'https://forge.example.com',
      GITHUB_REPOSITORY: 'team/p',
    });
    expect(fileOf('ipvs.yaml')).toContain('homepage: https://forge.example.com/team/p\n');
  });

  it('is the same twice', () => {
    run('package', ['--without-images']);
    const before = fileOf('checksums.txt');
    rmSync(join(folder, 'dist/release'), { recursive: true });
    run('package', ['--without-images']);
    expect(fileOf('checksums.txt')).toBe(before);
  });
});
