import { describe, expect, it } from 'vitest';
import { configDocuments } from '../../src/config/config-file.js';
import { PROXY_API_VERSION, PROXY_KIND } from '../../src/config/proxy-document.js';
import { complaints, OWN, PROXY } from './read.js';

const wrong = (text: string) => complaints(() => configDocuments('config.conf', text));

const BOMB = ['a: &a [x,x,x,x,x,x,x,x,x]']
  .concat(
    Array.from(
      { length: 9 },
      (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]`,
    ),
  )
  .join('\n');

describe('a file is refused with one clear sentence', () => {
  it.each([
    ['nothing at all', '', /^config.conf: holds no document\. Begin each document with apiVersion and kind/],
    ['comments only', '# x\n---\n', /^config.conf: holds no document/],
    ['a list', '- a\n', /^config.conf: holds a list of 1 where a mapping of fields was expected/],
    ['a sentence', 'hello', /^config.conf: holds "hello" where a mapping/],
    [
      'no kind',
      'mode: ipvs',
      /^config.conf, kind: absent was found, expected KubeProxyConfiguration or KubeIpvsProxyConfiguration/,
    ],
    ['another kind', 'kind: KubeletConfiguration', /^config.conf, kind: "KubeletConfiguration" was found/],
    ['a ConfigMap', 'kind: ConfigMap', /Give the text below its key config\.conf, not the ConfigMap\.$/],
    [
      'another version',
      PROXY.replace('v1alpha1', 'v1'),
      /^config.conf, apiVersion: "kubeproxy\.config\.k8s\.io\/v1" was found in the KubeProxyConfiguration, expected kubeproxy\.config\.k8s\.io\/v1alpha1/,
    ],
    [
      'two of a kind',
      `${PROXY}---\n${OWN}---\n${PROXY}`,
      /^config.conf: holds more than one KubeProxyConfiguration\. Leave one of them\.$/,
    ],
    [
      'a field twice',
      `${PROXY}mode: ipvs\n`,
      /^config.conf: cannot be parsed at line 4, column 1: Map keys must be unique/,
    ],
    [
      'an alias without anchor',
      `${PROXY}ipvs: *x\n`,
      /^config.conf: cannot be parsed at line \d+.*Correct the text there\.$/,
    ],
    [
      'aliases that multiply',
      `${PROXY}${BOMB}\n`,
      /^config.conf: cannot be parsed at line 1, column 1: Excessive alias count/,
    ],
    [
      'what nests too deeply',
      `${PROXY}x: ${'['.repeat(5_000)}`,
      /^config.conf: is nested deeper than 100 levels at line \d+\. Check/,
    ],
    [
      'a field twice in JSON',
      '{"kind": "A", "kind": "A"}',
      /^config.conf: cannot be parsed at line 1, column 15: Map keys must be unique/,
    ],
    ['half a JSON', '{"kind": ', /^config.conf: cannot be parsed at line 1/],
  ])('%s', (_, text, expected) => {
    const reported = wrong(text);
    expect(reported[0]).toMatch(expected);
  });

  it('every document that is wrong is reported', () => {
    expect(wrong('kind: A\n---\nkind: B\n')).toHaveLength(2);
  });
});

it('both documents are found in any order, anchors and merge keys included', () => {
  const text = `${OWN}---\n# a comment\n---\n${PROXY}ipvs: &periods {syncPeriod: 1m}\nnftables: {<<: *periods}\n`;
  expect(configDocuments('config.conf', text)).toMatchObject({
    own: { kind: 'KubeIpvsProxyConfiguration' },
    proxy: { nftables: { syncPeriod: '1m' } },
  });
});

it('JSON may be indented by tabs', () => {
  const text = JSON.stringify({ apiVersion: PROXY_API_VERSION, kind: PROXY_KIND, ipvs: {} }, null, '\t');
  expect(configDocuments('config.json', text)).toEqual({
    proxy: { apiVersion: PROXY_API_VERSION, kind: PROXY_KIND, ipvs: {} },
  });
});
