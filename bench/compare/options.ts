import { accessSync, constants } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isKubeProxy, MODE_NAMES, type ModeName, type Plan, type Size } from './cells.js';

export interface Options extends Plan {
  /** As they were typed. */
  readonly words: readonly string[];
  /** Counted: a clock that counts instructions. netns: the machine's own kernel. */
  readonly clock: 'counted' | 'vm' | 'netns';
  /** A kernel of Debian, as scripts/test-kernel names them; empty for the one of this machine's release. */
  readonly kernel: string;
  /** The path of a kube-proxy; empty where none is given. */
  readonly kubeProxy: string;
  /** How often everything is programmed from nothing, at sizes at which that is soon done. */
  readonly starts: number;
  readonly changes: number;
  /** Seconds for one cell; one that takes longer is given up. */
  readonly limit: number;
  readonly connections: number;
  /** Changes, ten a second, while connections go on. */
  readonly churn: number;
  /** Endpoints up to which system calls are counted: strace makes a start many times slower. */
  readonly mostTraced: number;
  /** Where it is kept; a run of the same name goes on. */
  readonly name: string;
  /** The folder of a result that this run goes on with; empty where it makes one of its own. */
  readonly into: string;
  readonly isFresh: boolean;
  /** What is there is measured all the same. */
  readonly isAnew: boolean;
  /** Nothing is measured; the report is made of what is there. */
  readonly isReportOnly: boolean;
  /** Whose results do not go beside the code. */
  readonly isQuick: boolean;
}

export const USAGE = `usage: npm run bench -- [options]
       npm run bench -- --compare FOLDER FOLDER

  --counted            a virtual machine whose clock counts instructions (the default)
  --vm                 the same without such a clock
  --netns              the machine's own kernel; needs root and IPVS
  --kernel VERSION     6.1, 6.12 or newest; without it the kernel of this machine's release
  --modes A,B          of ${MODE_NAMES.join(', ')}
  --kube-proxy PATH    measures this kube-proxy itself too, in all its modes or those of --modes
  --sizes 100x10,…     Services × endpoints
  --rounds N           how often everything is measured
  --starts N           how often a cell programs everything from nothing, up to 10,000 endpoints
  --changes N          changes of each kind in each cell
  --limit MINUTES      a cell that takes longer is given up, and the others go on
  --connections N      connections to each place in each cell
  --quick              less of everything
  --into FOLDER        goes on with the result in this folder, and writes the report there
  --anew               measures the cells of this call also where they are there
  --fresh              forgets what an earlier run of the same name has measured; else it goes on from there
  --report             measures nothing, and makes the report of what is there
  --name NAME          of the folder below bench/out/compare
`;

const FULL_SIZES = '1x10,10x10,100x10,1000x10,5000x10,10000x10,30000x10,1000x1,10000x1,1000x100';
const QUICK_SIZES = '100x10,1000x10';
const NULL_SIZE: Size = { services: 1000, endpoints: 10 };

/** Throws a TypeError with a sentence where the words make no sense. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      counted: { type: 'boolean' },
      vm: { type: 'boolean' },
      netns: { type: 'boolean' },
      kernel: { type: 'string', default: '' },
      modes: { type: 'string' },
      'kube-proxy': { type: 'string', default: '' },
      sizes: { type: 'string' },
      rounds: { type: 'string' },
      starts: { type: 'string' },
      changes: { type: 'string' },
      limit: { type: 'string', default: '60' },
      connections: { type: 'string' },
      quick: { type: 'boolean', default: false },
      into: { type: 'string', default: '' },
      anew: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      name: { type: 'string' },
    },
  });
  const { quick, kernel } = values;
  const clock = values.netns === true ? 'netns' : values.vm === true ? 'vm' : 'counted';
  if (clock === 'netns' && kernel !== '')
    throw new TypeError('--kernel names a kernel for a virtual machine; --netns has its own');
  return {
    words,
    clock,
    kernel,
    modes: modesOf(values.modes, quick, values['kube-proxy']),
    kubeProxy: kubeProxyAt(values['kube-proxy']),
    sizes: (values.sizes ?? (quick ? QUICK_SIZES : FULL_SIZES)).split(',').map(sizeOf),
    nullSize: NULL_SIZE,
    rounds: numberOf('--rounds', values.rounds ?? (quick ? '1' : '2')),
    starts: numberOf('--starts', values.starts ?? '3'),
    changes: numberOf('--changes', values.changes ?? (quick ? '3' : '5')),
    limit: numberOf('--limit', values.limit) * 60,
    connections: numberOf('--connections', values.connections ?? (quick ? '100' : '300')),
    churn: quick ? 10 : 30,
    mostTraced: quick ? 1000 : 10_000,
    name: values.name ?? nameOf(values.into, [clock, kernel, quick ? 'quick' : '']),
    into: values.into,
    isFresh: values.fresh,
    isAnew: values.anew,
    isReportOnly: values.report,
    isQuick: quick,
  };
}

function nameOf(into: string, parts: readonly string[]): string {
  return into === '' ? parts.filter((part) => part !== '').join('-') : basename(resolve(into));
}

/** Without the slow ways to load iptables, which kube-proxy takes on some nodes, or never. */
const QUICK_MODES: readonly ModeName[] = ['ipvs', 'ipvs-floor', 'ipvs-again', 'iptables', 'nftables-1.36'];

function modesOf(text: string | undefined, isQuick: boolean, kubeProxy: string): readonly ModeName[] {
  const isThere = (mode: ModeName) => kubeProxy !== '' || !isKubeProxy(mode);
  if (text === undefined) {
    const chosen = isQuick ? QUICK_MODES : MODE_NAMES.filter((mode) => !isKubeProxy(mode));
    return [...chosen, ...MODE_NAMES.filter((mode) => isKubeProxy(mode) && isThere(mode))];
  }
  const names = text.split(',');
  const unknown = names.find((name) => !(MODE_NAMES as string[]).includes(name));
  if (unknown !== undefined)
    throw new TypeError(`--modes: there is no mode '${unknown}'; there are ${MODE_NAMES.join(', ')}`);
  const without = (names as ModeName[]).find((name) => !isThere(name));
  if (without !== undefined) throw new TypeError(`--modes: ${without} needs --kube-proxy PATH`);
  return names as ModeName[];
}

function kubeProxyAt(path: string): string {
  if (path === '') return '';
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new TypeError(`--kube-proxy: ${path} is no program that can be run`);
  }
  return resolve(path);
}

function sizeOf(text: string): Size {
  const [, services, endpoints] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? [];
  if (services === undefined)
    throw new TypeError(`--sizes takes Services x endpoints, such as 1000x10, not '${text}'`);
  return { services: Number(services), endpoints: Number(endpoints) };
}

function numberOf(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`${option} needs a number from 1, not '${text}'`);
  return Number(text);
}
