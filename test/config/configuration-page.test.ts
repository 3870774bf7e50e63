import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DRAIN_DEADLINE,
  FLAGS,
  NODE_LOCAL,
  SCHEDULER,
  SLOW_START,
  WEIGHTS,
} from '../../src/api-objects/metadata.js';
import { defaultDocuments } from '../../src/config/checked-documents.js';
import { type ConfigFlag, OWN_FLAGS, PROXY_FLAGS } from '../../src/config/config-flags.js';
import { RELOADS } from '../../src/config/config-watch.js';
import { fieldAt, fieldPaths } from '../../src/config/field-problems.js';
import { OWN_SCHEMA } from '../../src/config/own-document.js';
import { PROXY_SCHEMA } from '../../src/config/proxy-document.js';
import { WITHOUT_EFFECT } from '../../src/config/start-warnings.js';

const PAGE = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8').trimEnd();

/** The cells of the rows of each table of the page, in order, backquotes left out. */
const TABLES = PAGE.split(/\n\n+/)
  .filter((part) => part.startsWith('| '))
  .map((part) => part.split('\n').slice(2).map(cells));

function cells(row: string): string[] {
  return row
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim().replaceAll('`', ''));
}

const [PROXY_FIELDS, OWN_FIELDS, PROXY_FLAG_ROWS, OWN_FLAG_ROWS, ACTIONS, RELOAD_ROWS, ANNOTATIONS] = TABLES;

function shown(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

describe('docs/configuration.md says what the program does:', () => {
  const defaults = defaultDocuments();

  it.each([
    ['KubeProxyConfiguration', PROXY_FIELDS, PROXY_SCHEMA, defaults.proxy, WITHOUT_EFFECT],
    ['KubeIpvsProxyConfiguration', OWN_FIELDS, OWN_SCHEMA, defaults.own, {}],
  ])('every field of %s, its default, and whether it has an effect', (_, rows, schema, document, idle) => {
    expect(rows?.map(([field, , value]) => [field, value])).toEqual(
      fieldPaths(schema).map((path) => [path, shown(fieldAt(document, path))]),
    );
    const reasons = rows?.flatMap(([field, , , text]) => {
      const because = /^No effect: (.*)\.$/.exec(text ?? '')?.[1];
      return because === undefined ? [] : [[field, because]];
    });
    expect(Object.fromEntries(reasons ?? [])).toEqual(idle);
  });

  it.each([
    ["kube-proxy's flags", PROXY_FLAG_ROWS, PROXY_FLAGS],
    ['our own flags', OWN_FLAG_ROWS, OWN_FLAGS],
  ])('%s, what they stand for, and whether they count beside --config', (_, rows, flags) => {
    expect(rows).toEqual(flags.map(flagRow));
  });

  it('which setting needs a restart, and why', () => {
    expect(RELOAD_ROWS?.map(([name, , kind, because]) => [name, { kind, because }])).toEqual(
      Object.entries(RELOADS),
    );
  });

  it('the fields that a setting comes from exist', () => {
    const known = [...fieldPaths(PROXY_SCHEMA), ...fieldPaths(OWN_SCHEMA)];
    const named = RELOAD_ROWS?.flatMap(([, fields = '']) => fields.split(', ')) ?? [];
    const exists = (field: string) =>
      known.some((path) => path === field || path.startsWith(field.replace('\\*', '')));
    expect(named.filter((field) => !exists(field))).toEqual([]);
  });

  it('which annotations a Service may have', () => {
    const names = ANNOTATIONS?.map(([name]) => name);
    expect(names).toEqual([SCHEDULER, FLAGS, WEIGHTS, SLOW_START, DRAIN_DEADLINE, NODE_LOCAL]);
  });

  it('and there is no other table that nobody checks', () => {
    expect(ACTIONS?.map(([flag]) => flag?.split(' ')[0])).toEqual([
      '--config',
      '--strict-config',
      '--write-config-to',
      '--init-only',
      '--cleanup',
      '--version',
    ]);
    expect(TABLES).toHaveLength(7);
  });
});

function flagRow({ name, value, field, because, besideConfig }: ConfigFlag): string[] {
  const words = name === 'v' ? '--v, -v' : `--${name}`;
  return [words, value, field?.path ?? `No effect: ${because}.`, besideConfig];
}
