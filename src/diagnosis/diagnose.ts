import { counted } from '../model/counted.js';
import { apiFindings } from './api-findings.js';
import type { Code } from './codes.js';
import { cause, type Evidence, type Finding, focusOf, named, remark } from './evidence.js';
import { nodeFindings } from './node-findings.js';
import { triedFindings } from './tried-findings.js';

/** What is to be said of a Service. */
export interface Diagnosis {
  /** works: nothing was found that keeps clients out. */
  readonly verdict: 'works' | 'fails' | 'not found';
  /** One sentence. */
  readonly sentence: string;
  /** What most likely explains it comes first. */
  readonly causes: readonly Finding[];
  readonly remarks: readonly Finding[];
}

/**
 * Of several causes the one comes first from which the others follow: who has no endpoint need not look at sysctls, and
 * a VIP that is not bound does not answer.
 */
const ORDER: readonly Code[] = [
  'KIP107',
  'KIP108',
  'KIP204',
  'KIP205',
  'KIP301',
  'KIP109',
  'KIP105',
  'KIP106',
  'KIP103',
  'KIP101',
  'KIP102',
  'KIP201',
  'KIP203',
  'KIP208',
  'KIP302',
  'KIP303',
  'KIP304',
  'KIP306',
  'KIP401',
  'KIP402',
  'KIP404',
  'KIP403',
  'KIP307',
  'KIP504',
  'KIP202',
  'KIP104',
  'KIP502',
  'KIP503',
  'KIP604',
  'KIP603',
  'KIP602',
  'KIP305',
  'KIP605',
  'KIP206',
  'KIP501',
];

export function diagnose(evidence: Evidence): Diagnosis {
  const all = unrepeated([
    ...agentFindings(evidence),
    ...apiFindings(evidence),
    ...nodeFindings(evidence),
    ...triedFindings(evidence),
  ]);
  const causes = all.filter(({ weight }) => weight === 'cause').sort((a, b) => rankOf(a) - rankOf(b));
  const remarks = all.filter(({ weight }) => weight === 'remark');
  if (isUnknown(evidence))
    return { verdict: 'not found', sentence: notFoundSentence(evidence), causes: [], remarks };
  const [first] = causes;
  const name = nameOf(evidence);
  if (first === undefined)
    return { verdict: 'works', sentence: `${name} ${workingText(evidence)}`, causes, remarks };
  return { verdict: 'fails', sentence: `${name}: ${first.sentence} (${first.code}).`, causes, remarks };
}

function rankOf({ code }: Finding): number {
  const rank = ORDER.indexOf(code);
  return rank === -1 ? ORDER.length : rank;
}

// A NodePort is at every address of the node, and what is wrong with it is wrong once.
function unrepeated(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, sentence, weight }) => {
    const text = `${code} ${sentence} ${weight}`;
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

function agentFindings({ answer, agentFailure }: Evidence): Finding[] {
  const place = { place: 'API', about: 'agent' } as const;
  if (answer === undefined) {
    const why = agentFailure === undefined ? 'no agent answers' : agentFailure.replace(/\.$/, '');
    return [remark('KIP601', { ...place, sentence: `${why}, so that this is what the kernel alone says` })];
  }
  const { complete, sourceAway } = answer.agent;
  const findings: Finding[] = [];
  if (sourceAway !== undefined)
    findings.push(
      cause('KIP603', {
        ...place,
        sentence: `the API server cannot be asked: ${sourceAway.replace(/\.$/, '')}`,
      }),
    );
  else if (!complete)
    findings.push(cause('KIP602', { ...place, sentence: 'the source has not sent everything once' }));
  if (answer.found?.isBehind === true)
    findings.push(
      cause('KIP604', {
        ...place,
        sentence: `the API server has another state of ${answer.found.service} than the agent`,
      }),
    );
  return findings;
}

function isUnknown(evidence: Evidence): boolean {
  const { answer } = evidence;
  if (answer === undefined) return focusOf(evidence).length === 0;
  return answer.found === undefined && focusOf(evidence).every(({ seen }) => seen?.presence !== 'present');
}

function notFoundSentence({ question, answer }: Evidence): string {
  const { service, vip } = question;
  const what = service === undefined ? `Service with the address ${vip}` : `Service ${service}`;
  if (answer === undefined) return `No agent answers, and the kernel has nothing of a ${what}.`;
  const { nearest, agent } = answer;
  const away = agent.sourceAway === undefined ? '' : ' The API server could not be asked.';
  if (nearest.length === 0) return `There is no ${what}.${away}`;
  return `There is no ${what}. Near to it: ${named(nearest)}.${away}`;
}

function nameOf({ question, answer }: Evidence): string {
  return answer?.found?.service ?? question.service ?? `${question.vip}`;
}

function workingText(evidence: Evidence): string {
  const focus = focusOf(evidence);
  const servers = new Set(
    focus.flatMap(({ seen, wanted }) =>
      (seen?.servers ?? wanted?.desired?.servers ?? []).map(({ key }) => key),
    ),
  );
  const node = evidence.answer?.agent.node;
  const here = node === undefined ? 'this node' : node;
  const size = `${counted(servers.size, 'server')} behind ${counted(focus.length, 'frontend')}`;
  return `works, as far as ${here} shows: ${size}, and nothing in their way.`;
}
