import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from '../deploy/support/deployments.js';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** What may be inside our own files without a duty beyond its text; anything else is for a person to judge. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
];

const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
const root = join(folder, 'root');
const metafile = join(folder, 'bundle.json');

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

const STATUS = `Package: libnl-3-200
Status: install ok installed
Architecture: arm64
Version: 3.7.0-0.2+b1

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1

Package: zlib1g
Status: install ok installed
Architecture: arm64
Version: 1:1.2.13.dfsg-1
`;

beforeAll(async () => {
  put('var/lib/dpkg/status', STATUS);
  put('etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
  put('usr/local/bin/node', `\0\x7f https://nodejs.org/download/release/v24.22.3/node.tar.gz`);
  put('usr/share/doc/libnl-3-200/copyright', 'On Debian systems see /usr/share/common-licenses/LGPL-2.1.\n');
  put(
    'usr/share/doc/zlib1g/copyright',
    'Format: https://dep\n\nFiles: *\nLicense: Zlib\n\nLicense: Zlib\n text\n',
  );
  const { metafile: made } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ['src/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'error',
    outdir: folder,
    splitting: true,
  });
  writeFileSync(metafile, JSON.stringify(made));
});
afterAll(() => rmSync(folder, { recursive: true }));

function sbom(...words: readonly string[]) {
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1764374400' };
  return spawnSync(process.execPath, [join(PROJECT, 'scripts/sbom'), ...words], {
    cwd: PROJECT,
    encoding: 'utf8',
    env,
  });
}

function listed() {
  const { stdout, stderr } = sbom('--root', root, metafile);
  expect(stderr).toBe('');
  const list = JSON.parse(stdout);
  return { list, text: stdout, components: list.components as readonly Component[] };
}

describe('the list of what the image holds', () => {
  it('has every npm package of the bundle and the addon, with its licence and the hash of its archive', () => {
    const { components } = listed();
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries(dependencies)) {
      const found = components.find(({ purl }) => purl === `pkg:npm/${name.replace('@', '%40')}@${version}`);
      expect(found?.hashes, name).toEqual([
        { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) },
      ]);
    }
  });

  it('has Node and the installed packages of Debian, with the licences that they name', () => {
    const { components } = listed();
    const one = (name: string) => components.find((component) => component.name === name);
    expect(one('node')?.purl).toBe('pkg:generic/node@24.22.3');
    expect(one('libnl-3-200')).toMatchObject({
      purl: 'pkg:deb/debian/libnl-3-200@3.7.0-0.2%2Bb1?arch=arm64&distro=debian-12',
      licenses: [{ license: { name: 'LGPL-2.1' } }],
    });
    expect(one('zlib1g')?.licenses).toEqual([{ license: { name: 'Zlib' } }]);
    expect(one('gone')).toBeUndefined();
  });

  it('is CycloneDX: every reference leads somewhere and is there once', () => {
    const { list, components } = listed();
    expect(list).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
    expect(list.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const refs = [list.metadata.component, ...components].map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(list.dependencies.map(({ ref }: { ref: string }) => ref).sort()).toEqual([...refs].sort());
    expect(list.dependencies[0].dependsOn).toHaveLength(components.length);
  });

  it('is the same twice, at the time that SOURCE_DATE_EPOCH says', () => {
    const { list, text } = listed();
    expect(listed().text).toBe(text);
    expect(list.metadata.timestamp).toBe('2025-11-29T00:00:00.000Z');
  });

  it('cannot be made before there is an image', () => {
    const { status, stderr } = sbom('--root', folder, metafile);
    expect(status).toBe(1);
    expect(stderr).toContain('build the image first: npm run image');
  });
});

describe('licences of what ships inside our own files', () => {
  it('are known, and none asks for more than its text', () => {
    const npm = listed().components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
    expect(npm.length).toBeGreaterThan(5);
    for (const { name, licenses = [] } of npm)
      for (const { license, expression } of licenses)
        expect(PERMISSIVE, name).toContain(license?.id ?? expression);
    for (const { name, licenses } of npm) expect(licenses, name).not.toEqual([]);
  });

  it('of libnl, LGPL, is told, and that it is linked dynamically', () => {
    expect(readFileSync(join(PROJECT, 'NOTICE'), 'utf8')).toMatch(
      /libnl 3 .*Lesser General Public.*linked with it dynamically/s,
    );
    const linked = readFileSync(join(PROJECT, 'binding.gyp'), 'utf8');
    expect(linked).toContain('pkg-config --libs libnl-3.0 libnl-route-3.0');
    expect(linked).not.toMatch(/--static|-static|\.a\b/);
  });
});
