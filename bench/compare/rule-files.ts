import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHANGE_KINDS, type ChangeKind } from './cell-results.js';
import { isKubeProxy, type ModeName, type Size } from './cells.js';
import { changedRestore, commandByRule, jumps, wholeRestore } from './iptables-rules.js';
import {
  endpointsChanged,
  type NftablesForm,
  serviceAdded,
  serviceDeleted,
  wholeTransaction,
} from './nftables-rules.js';
import { benchService, type RuleService, withNewEndpoint } from './rule-service.js';

/** A file of rules that a tool reads in the guest. They are written outside, where that is fast. */
export type RuleFile =
  | { readonly mode: ModeName; readonly kind: 'jumps' | 'whole' }
  | { readonly mode: ModeName; readonly kind: ChangeKind; readonly number: number };

export function ruleFileName(file: RuleFile): string {
  const mode = textOf(file.mode);
  return 'number' in file ? `${mode}-${file.kind}-${file.number}` : `${mode}-${file.kind}`;
}

/** Whether the file of that name is one that this mode reads. */
export function isRuleFileOf(mode: ModeName, name: string): boolean {
  return new RegExp(`^${textOf(mode).replace('.', '\\.')}-(jumps|whole|${CHANGE_KINDS.join('|')})\\b`).test(
    name,
  );
}

// The variants of iptables read the same text.
function textOf(mode: ModeName): string {
  return mode.replace(/-again$|-nft$/, '');
}

/**
 * How the changes of a cell go: endpoints come to Services that are spread over all, then Services are added, then
 * those are deleted again. The text of each is made of what is there by then.
 */
export interface ChangePlan {
  readonly kind: ChangeKind;
  readonly number: number;
}

export function changesOf({ services }: Size, count: number): ChangePlan[] {
  const numbers: Record<ChangeKind, (index: number) => number> = {
    'endpoint-added': (index) => Math.floor(((index + 0.5) * services) / Math.min(count, services)),
    'service-added': (index) => services + index,
    'service-deleted': (index) => services + index,
  };
  return CHANGE_KINDS.flatMap((kind) => {
    const few = kind === 'endpoint-added' ? Math.min(count, services) : count;
    return Array.from({ length: few }, (_, index) => ({ kind, number: numbers[kind](index) }));
  });
}

/** Endpoints that come to ten Services a second; to others than those of the measured changes. */
export const CHURN_PER_SECOND = 10;
const LEAST_FOR_CHURN = 100;
const MOST_FOR_CHURN = 10_000;

/** None where there are too few Services, or so many that the rules of all the changes would fill the disk. */
export function churnOf(size: Size, count: number, measured: readonly ChangePlan[]): ChangePlan[] {
  const { services } = size;
  if (services < LEAST_FOR_CHURN || services > MOST_FOR_CHURN) return [];
  const taken = new Set(measured.map(({ number }) => number));
  const numbers: number[] = [];
  for (let index = 0; index < count; index++) {
    let number = Math.floor((index * services) / count);
    while (taken.has(number)) number++;
    taken.add(number);
    numbers.push(number);
  }
  return numbers.map((number) => ({ kind: 'endpoint-added', number }));
}

/** Writes the rules of these modes for one size into the folder. */
export function writeRuleFiles(
  folder: string,
  modes: readonly ModeName[],
  size: Size,
  changes: readonly ChangePlan[],
): void {
  mkdirSync(folder, { recursive: true });
  const services = Array.from({ length: size.services }, (_, index) => benchService(index, size.endpoints));
  for (const mode of modes) {
    if (mode.startsWith('ipvs') || isKubeProxy(mode)) continue;
    for (const { file, text } of filesOf(mode, size, services, changes))
      writeFileSync(join(folder, ruleFileName({ ...file, mode })), text);
  }
}

type Written = { readonly file: RuleFile; readonly text: string };

function* filesOf(
  mode: ModeName,
  size: Size,
  services: RuleService[],
  changes: readonly ChangePlan[],
): Generator<Written> {
  const words = wordsOf(mode);
  yield { file: { mode, kind: 'jumps' }, text: jumps() };
  yield { file: { mode, kind: 'whole' }, text: words.whole(services) };
  const now = [...services];
  for (const { kind, number } of changes) {
    const before = now[number] ?? benchService(number, size.endpoints);
    const changed = kind === 'endpoint-added' ? withNewEndpoint(before, number) : before;
    if (kind === 'service-deleted') delete now[number];
    else now[number] = changed;
    yield {
      file: { mode, kind, number },
      text: words[kind](
        changed,
        now.filter((service) => service !== undefined),
      ),
    };
  }
}

/** The rules of all these, as at the start. */
export function wholeText(mode: ModeName, services: readonly RuleService[]): string {
  return wordsOf(mode).whole(services);
}

type ChangeText = (changed: RuleService, now: readonly RuleService[]) => string;

interface Words extends Readonly<Record<ChangeKind, ChangeText>> {
  whole(services: readonly RuleService[]): string;
}

function wordsOf(mode: ModeName): Words {
  if (mode.startsWith('iptables')) {
    const whole = mode === 'iptables-by-rule' ? commandByRule : wholeRestore;
    return {
      whole,
      'endpoint-added': (changed, now) => changedRestore(now, [changed]),
      'service-added': (changed, now) => changedRestore(now, [changed]),
      // Its chains are left for a later pass, as kube-proxy leaves them.
      'service-deleted': (_changed, now) => changedRestore(now, []),
    };
  }
  const form: NftablesForm = mode === 'nftables-1.37' ? '1.37' : '1.36';
  return {
    whole: (services) => wholeTransaction(services, form),
    'endpoint-added': (changed) => endpointsChanged(changed, form),
    'service-added': (changed) => serviceAdded(changed, form),
    'service-deleted': serviceDeleted,
  };
}
