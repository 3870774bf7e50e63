import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT } from '../deploy/support/deployments.js';

const textOf = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
const { version, scripts } = JSON.parse(textOf('package.json'));

it.each([
  ['src/config/version.ts', /VERSION = '([^']+)'/g],
  ['package-lock.json', /^ {2}"version": "([^"]+)"/gm],
  ['deploy/kustomize/base/kustomization.yaml', /newTag: (\S+)/g],
  ['deploy/helm/kube-ipvs-proxy/Chart.yaml', /^(?:version|appVersion): (\S+)/gm],
  ['deploy/install.yaml', /image: kube-ipvs-proxy:(\S+)/g],
  ['docs/deploying.md', /\/kube-ipvs-proxy:(\d\S+)/g],
])('%s has the version of package.json', (path, pattern) => {
  const found = [...textOf(path).matchAll(pattern)].map(([, one]) => one);
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found)).toEqual(new Set([version]));
});

it('`npm version` writes it everywhere', () => {
  expect(scripts.version).toBe('bash scripts/release/spread-version');
});
