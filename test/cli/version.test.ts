import { release } from 'node:os';
import { expect, it } from 'vitest';
import { versionJson, versionText } from '../../src/cli/version.js';
import { composeVersion } from '../../src/compose-kernel-views.js';
import { VERSION } from '../../src/config/version.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

it('the version tells what a report of a fault should say', () => {
  expect(composeVersion()).toEqual({
    version: VERSION,
    // A bundle knows it; sources do not.
    commit: undefined,
    node: process.version,
    libnl: expect.stringMatching(/^3\.\d+\.\d+$/),
    kernel: release(),
    architecture: process.arch,
  });
});

it('the version as JSON is as its schema says, where all is known and where not', () => {
  const schema = readSchema('version.v1.json');
  const report = JSON.parse(versionJson({ ...composeVersion(), commit: 'abc' })) as Record<string, unknown>;
  expect(schemaBreaches(report, schema)).toEqual([]);
  const unknown = { ...composeVersion(), libnl: undefined };
  expect(schemaBreaches(JSON.parse(versionJson(unknown)), schema)).toEqual([]);
  const { kernel: _, ...rest } = report;
  expect(schemaBreaches(rest, schema)).toEqual(['$.kernel is missing']);
});

it('the version as text has a line for each, also for what is not known', () => {
  const report = {
    version: '1',
    commit: undefined,
    node: 'v20',
    libnl: undefined,
    kernel: '6.1',
    architecture: 'x64',
  };
  expect(versionText(report).split('\n')).toEqual([
    'kube-ipvs-proxy  1',
    'commit           unknown',
    'node             v20',
    'libnl            unknown: the addon cannot be loaded',
    'kernel           6.1',
    'architecture     x64',
    '',
  ]);
});
