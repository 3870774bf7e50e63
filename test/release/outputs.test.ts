import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Commands, commandLine } from '../../src/cli/command-line.js';
import { EXIT } from '../../src/cli/exit.js';
import { OVERLAY_CHOICE } from '../../src/compose-command-line.js';
import { defaultDocuments } from '../../src/config/checked-documents.js';
import { fieldAt, fieldPaths } from '../../src/config/field-problems.js';
import { OWN_SCHEMA } from '../../src/config/own-document.js';
import { PROXY_SCHEMA } from '../../src/config/proxy-document.js';
import { VERSION } from '../../src/config/version.js';
import { ADMIN_PROTOCOL } from '../../src/status/admin-protocol.js';
import { PROJECT } from '../deploy/support/deployments.js';

const textOf = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
const SNAPSHOT = join(PROJECT, 'test/release/outputs.json');

/** What programs of others read, by kind: each a line that says everything that they rely on. */
type Outputs = Readonly<Record<string, readonly string[]>>;

/** Rows of tables that other tests hold to the program. */
function rows(page: string, pattern: RegExp): string[] {
  return [...textOf(page).matchAll(pattern)].map(([, ...cells]) => cells.join(' | ').trim()).sort();
}

/** Fields of a document of the configuration, with their defaults. */
function fields(schema: Parameters<typeof fieldPaths>[0], document: object): string[] {
  return fieldPaths(schema).map((path) => `${path} | ${JSON.stringify(fieldAt(document, path))}`);
}

/** Keys of the interfaces in a file of types. */
function keys(path: string): string[] {
  const interfaces = textOf(path).matchAll(/interface (\w+)[^{]*\{([\s\S]*?)\n\}/g);
  return [...interfaces]
    .flatMap(([, name, body = '']) =>
      [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, key]) => `${name}.${key}`),
    )
    .sort();
}

function commands(): string[] {
  const nothing = async () => 0;
  const all: Commands = {
    run: nothing,
    initOnly: nothing,
    status: nothing,
    plan: nothing,
    cleanup: nothing,
  } as unknown as Commands;
  const program = commandLine('1', { ...all, overlays: OVERLAY_CHOICE }, () => undefined);
  return program.commands
    .flatMap((command) => [
      command.name(),
      ...command.options.map(({ flags }) => `${command.name()} ${flags}`),
    ])
    .sort();
}

function outputs(): Outputs {
  return {
    metrics: rows('docs/observability.md', /^\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([^|]*)\| \S/gm),
    configuration: [
      ...fields(PROXY_SCHEMA, defaultDocuments().proxy),
      ...fields(OWN_SCHEMA, defaultDocuments().own),
    ],
    annotations: rows('docs/configuration.md', /^\| `(kube-ipvs-proxy\.io\/[\w-]+)` \|/gm),
    status: keys('src/model/status-report.ts'),
    exitCodes: Object.entries(EXIT).map(([name, code]) => `${name}: ${code}`),
    adminProtocol: [
      `version ${ADMIN_PROTOCOL}`,
      ...[...textOf('src/compose.ts').matchAll(/^ +'(\/[\w/-]+)': /gm)].map(([, path]) => `GET ${path}`),
    ],
    commands: commands(),
  };
}

interface Release {
  readonly release: string;
  readonly outputs: Outputs;
}

describe('what programs of others read', () => {
  const now = outputs();

  it('is found', () => {
    for (const [kind, lines] of Object.entries(now)) expect(lines.length, kind).toBeGreaterThan(1);
    expect(now.configuration?.length).toBeGreaterThan(80);
    expect(now.status).toContain('StatusReport.virtualServers');
  });

  it('is still there as the last release had it, or is told with a new version', async () => {
    const last = JSON.parse(textOf('test/release/outputs.json')) as Release;
    const missing = gone(last, { release: VERSION, outputs: now }, textOf('CHANGELOG.md'));
    expect(missing, 'if this version is not released yet: npm run outputs').toEqual([]);
  });

  // What is new may be added at any time; `npm run outputs` writes it down with the release.
  it.runIf(process.env.KUBE_IPVS_PROXY_WRITE_OUTPUTS === '1')(
    'is written down for this release',
    async () => {
      await expect(`${JSON.stringify({ release: VERSION, outputs: now }, null, 2)}\n`).toMatchFileSnapshot(
        SNAPSHOT,
      );
    },
  );
});

/** What the last release had and this one has not, unless it is of a newer version whose changes name it. */
function gone(last: Release, now: Release, changes: string): string[] {
  const isNewer = last.release !== now.release;
  return Object.entries(last.outputs).flatMap(([kind, lines]) =>
    lines
      .filter((line) => !now.outputs[kind]?.includes(line))
      .filter((line) => !(isNewer && changes.includes(nameIn(line))))
      .map((line) => `${kind}: ${line}`),
  );
}

function nameIn(line: string): string {
  return /[\w./-]*\w/.exec(line.replace(/^\w+\.(?=\w+\??:)/, ''))?.[0] ?? line;
}

describe('a release that lacks something', () => {
  const last = { release: '1.0.0', outputs: { metrics: ['kube_ipvs_proxy_x | gauge | a'] } };
  const lacking = (release: string, changes: string) =>
    gone(last, { release, outputs: { metrics: [] } }, changes);

  it.each([
    ['1.0.0', 'kube_ipvs_proxy_x is gone', 1],
    ['1.1.0', '', 1],
    ['1.1.0', 'The metric `kube_ipvs_proxy_x` is gone.', 0],
  ])('as version %s with the changes "%s" has %i faults', (release, changes, faults) => {
    expect(lacking(release, changes)).toHaveLength(faults);
  });

  it('is found by another type or label as well', () => {
    const outputs = { metrics: ['kube_ipvs_proxy_x | counter | a'] };
    expect(gone(last, { release: '1.0.0', outputs }, '')).toEqual(['metrics: kube_ipvs_proxy_x | gauge | a']);
  });
});
