import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAddon } from '../../src/kernel/native/addon.js';
import { AddonUnavailable, explainLoadFailure } from '../../src/kernel/native/load-failure.js';

describe('an addon that cannot be loaded', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'load-failure-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function refusal(message: string): AddonUnavailable {
    return explainLoadFailure({ kind: 'refused', path: '/addon.node', cause: new Error(message) });
  }

  it('is not built: says how to build it', () => {
    const path = join(folder, 'missing.node');
    expect(() => loadAddon(path)).toThrow(AddonUnavailable);
    expect(() => loadAddon(path)).toThrow(`the addon ${path} is not built: run npm run build:native`);
  });

  it('is no addon: gives the reason of the loader', () => {
    const path = join(folder, 'garbage.node');
    writeFileSync(path, 'not an ELF file');
    expect(() => loadAddon(path)).toThrow(
      /cannot be loaded \(.*(ELF|file too short).*\): run npm run build:native/,
    );
  });

  it('lacks a library: names the package', () => {
    const text = 'libnl-3.so.200: cannot open shared object file: No such file or directory';
    expect(refusal(text).remedy).toBe('install the Debian package libnl-3-200');
    expect(refusal(text.replace('libnl-3.so.200', 'libnl-route-3.so.200')).remedy).toContain(
      'libnl-route-3-200',
    );
    expect(refusal(text.replace('libnl-3.so.200', 'libodd.so.7')).remedy).toContain('libodd.so.7');
  });

  it('is for another Node or another version of ours: says to build it again', () => {
    const text = 'was compiled against a different Node.js version using NODE_MODULE_VERSION 108';
    expect(refusal(text).message).toContain('NODE_MODULE_VERSION 108');
    expect(refusal(text).remedy).toContain('npm run build:native');
    const other = explainLoadFailure({ kind: 'other-abi', path: '/addon.node', abi: 7 });
    expect(other.message).toContain('of another version (ABI 7)');
  });

  it('is on another system: says so', () => {
    const failure = explainLoadFailure({ kind: 'not-linux', platform: 'darwin' });
    expect(failure.message).toBe("IPVS is Linux's, and this is darwin: run it on Linux");
  });

  it('keeps what the loader said as the cause', () => {
    expect(refusal('odd').cause).toEqual(new Error('odd'));
  });
});
