import { describe, expect, it } from 'vitest';
import { commandWords } from '../../src/cli/command-words.js';

const words = (line: string) => commandWords(line.split(' ')).join(' ');

describe("kube-proxy's command line", () => {
  it.each([
    ['--config=/c --hostname-override=n', 'run --config=/c --hostname-override=n'],
    ['--config /c', 'run --config /c'],
    ['--masquerade-all --v=2', 'run --masquerade-all=true --v=2'],
    ['--masquerade-all=false', 'run --masquerade-all=false'],
    ['--masquerade_all', 'run --masquerade-all=true'],
    ['-v=2', 'run --v=2'],
    ['-v2', 'run --v=2'],
    ['-v 2', 'run -v 2'],
    ['--oom-score-adj -999', 'run --oom-score-adj -999'],
    ['--cleanup', 'run --cleanup=true'],
    ['--config=/c --version', '--version'],
    ['--version=raw', '--version'],
  ])('%s', (line, expected) => expect(words(line)).toBe(expected));
});

describe('our own', () => {
  it.each([
    ['run --adopt --manifests m', 'run --adopt=true --manifests m'],
    ['plan --ipvs-strict-arp', 'plan --ipvs-strict-arp=true'],
    ['status -o json', 'status -o json'],
    ['--help', '--help'],
    ['frobnicate --x', 'frobnicate --x'],
  ])('%s', (line, expected) => expect(words(line)).toBe(expected));

  it('no words at all ask for nothing', () => expect(commandWords([])).toEqual([]));
});
