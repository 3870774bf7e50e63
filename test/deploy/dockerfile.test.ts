import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from './support/deployments.js';

/** One instruction, its continued lines joined. */
interface Instruction {
  readonly word: string;
  readonly rest: string;
}

const instructions = instructionsOf(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'));
const sent = patternsOf(readFileSync(join(PROJECT, '.dockerignore'), 'utf8'));

function instructionsOf(text: string): Instruction[] {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, word, rest] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
      return word === undefined || rest === undefined ? [] : [{ word, rest }];
    });
}

function patternsOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function textOf(word: string): string[] {
  return instructions.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
}

/** Files of this project that the build copies, not those that come from another stage. */
function copiedFiles(): string[] {
  return textOf('COPY').flatMap((rest) => (rest.startsWith('--from=') ? [] : rest.split(' ').slice(0, -1)));
}

describe('the Dockerfile', () => {
  it('copies files that are there', () => {
    expect(copiedFiles()).toContain('src');
    for (const file of copiedFiles()) expect(existsSync(join(PROJECT, file)), file).toBe(true);
  });

  it('calls npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    const called = textOf('RUN').flatMap((rest) =>
      [...rest.matchAll(/npm run (\S+)/g)].map(([, name]) => name),
    );
    expect(called).toEqual(['build:native', 'build:ts']);
    for (const name of called) expect(scripts).toHaveProperty([name ?? '']);
  });

  it('copies from stages that come before', () => {
    const stages = textOf('FROM').flatMap((rest) => / AS (\S+)$/.exec(rest)?.[1] ?? []);
    const used = textOf('COPY').flatMap((rest) => /^--from=(\S+)/.exec(rest)?.[1] ?? []);
    expect(new Set(used)).toEqual(new Set(stages));
  });

  it('installs the libraries that the addon is linked with, as packages without headers', () => {
    const headers = [
      ...textOf('RUN')
        .join(' ')
        .matchAll(/\b(lib[\w-]+)-dev\b/g),
    ].map(([, name]) => name);
    expect(headers).toEqual(['libnl-3', 'libnl-route-3']);
    const runtime = textOf('RUN').find((rest) => rest.includes(' kmod ')) ?? '';
    for (const name of headers) expect(runtime).toMatch(new RegExp(` ${name}-?\\d+ `));
  });

  it('starts the agent, under the name that kubeadm uses for kube-proxy as well', () => {
    expect(textOf('ENTRYPOINT')).toEqual(['["/usr/local/bin/kube-ipvs-proxy"]']);
    expect(textOf('RUN').at(-1)).toContain('ln -s kube-ipvs-proxy /usr/local/bin/kube-proxy');
  });

  it('names its base images in arguments, and tells in labels what they were', () => {
    const stages = textOf('FROM').map((rest) => rest.split(' ')[0]);
    expect(stages).toEqual(['$'.concat('{NODE_IMAGE}'), '$'.concat('{DEBIAN_IMAGE}'), 'scratch']);
    const labels = textOf('LABEL').join(' ');
    expect(labels).toMatch(/base\.name="\$\{DEBIAN_IMAGE\}".*node-image="\$\{NODE_IMAGE\}"/);
    expect(textOf('ARG').filter((rest) => /^(NODE|DEBIAN)_IMAGE$/.test(rest))).toHaveLength(2);
  });

  it('ships what the bundle consists of, with the agent as V8 has compiled it', () => {
    const built = textOf('RUN').find((rest) => rest.includes('/out/app/dist ')) ?? '';
    expect(built).toMatch(
      /\/out\/app\/dist dist\/kube-ipvs-proxy\.js dist\/run\.cjs dist\/run\.cjs\.compiled /,
    );
    expect(built).toContain('/out/app/dist/chunks dist/chunks/*.js');
  });

  it('ships the licences of what it is made of', () => {
    const built = textOf('RUN').find((rest) => rest.includes('/out/doc')) ?? '';
    expect(built).toContain('dist/third-party-licences.txt');
    expect(built).toContain('/usr/local/LICENSE /out/doc/node-licence.txt');
    expect(textOf('COPY')).toContain('--from=build /out/doc /usr/share/doc/kube-ipvs-proxy');
    expect(readFileSync(join(PROJECT, 'scripts/bundle'), 'utf8')).toContain('>dist/third-party-licences.txt');
  });

  it('takes every write permission away', () => {
    expect(textOf('RUN').at(-1)).toMatch(/chmod -R a-w .*\/opt .*\/usr/);
  });
});

describe('.dockerignore', () => {
  it('sends nothing but what it names', () => {
    expect(sent[0]).toBe('*');
  });

  it('names exactly what the Dockerfile copies', () => {
    const named = sent.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(named.sort()).toEqual(copiedFiles().sort());
  });
});
