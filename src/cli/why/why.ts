import { CODES, type Code, type CodeText, isCode } from '../../diagnosis/codes.js';
import { type Diagnosis, diagnose } from '../../diagnosis/diagnose.js';
import { type Client, type Evidence, focusOf, type Question } from '../../diagnosis/evidence.js';
import { type PathLine, pathLines } from '../../diagnosis/path-lines.js';
import { parseAddress } from '../../model/address.js';
import type { KernelFacts, LookQuestion } from '../../model/kernel-facts.js';
import type { ServiceAnswer } from '../../model/service-facts.js';
import { serviceKey } from '../../model/service-key.js';
import { AgentAnswerError, AgentNotRunning, askAgent } from '../admin-client.js';
import { EXIT } from '../exit.js';
import { hasColour } from '../output.js';
import { COLOURED, hanging, PLAIN, type Style, WIDTH, wrapped } from '../paragraph.js';
import { tryConnections } from './try-connections.js';

export interface WhyOptions {
  readonly adminSocket: string;
  readonly output: 'text' | 'json';
  readonly from?: string;
  readonly port?: string;
  readonly try?: boolean;
  readonly explain?: string;
}

export type LookAtKernel = (question: LookQuestion) => Promise<KernelFacts>;

/**
 * `why`: what the API says, what this node has and, where it is asked for, what a connection meets. The kernel is read
 * by the command itself, with and without an agent alike, so that a dead agent costs only what the agent alone knows.
 */
export async function runWhy(
  subject: string | undefined,
  options: WhyOptions,
  lookAtKernel: LookAtKernel,
): Promise<number> {
  if (options.explain !== undefined) return explain(options.explain);
  if (subject === undefined)
    return misuse('a Service or an address is missing; expected NAMESPACE/SERVICE or VIP:PORT');
  const question = asked(subject, options);
  if (typeof question === 'string') return misuse(question);
  const evidence = await gather(question, options, lookAtKernel);
  const diagnosis = diagnose(evidence);
  process.stdout.write(written(evidence, diagnosis, options));
  return CODE[diagnosis.verdict];
}

const CODE: Readonly<Record<Diagnosis['verdict'], number>> = {
  works: EXIT.good,
  fails: EXIT.problem,
  'not found': EXIT.nothingFound,
};

function explain(code: string): number {
  const known = code.toUpperCase();
  if (!isCode(known)) return misuse(`there is no code '${code}'; docs/troubleshooting.md has all of them`);
  process.stdout.write(explanation(known));
  return EXIT.good;
}

function misuse(sentence: string): number {
  process.stderr.write(`kube-ipvs-proxy: ${sentence}.\n`);
  return EXIT.usage;
}

function asked(subject: string, options: WhyOptions): Question | string {
  try {
    return questionOf(subject, options);
  } catch (error) {
    if (error instanceof QuestionError) return error.message;
    throw error;
  }
}

async function gather(
  question: Question,
  options: WhyOptions,
  lookAtKernel: LookAtKernel,
): Promise<Evidence> {
  const asking = await agentAnswer(question, options.adminSocket);
  const looking = await kernelFacts(question, asking.answer, lookAtKernel);
  const evidence: Evidence = { question, ...asking, ...looking, tried: undefined };
  return options.try === true ? { ...evidence, tried: await tryConnections(focusOf(evidence)) } : evidence;
}

// Whatever is wrong with the agent, the kernel still tells.
async function agentAnswer(
  { service, vip, port }: Question,
  adminSocket: string,
): Promise<Pick<Evidence, 'answer' | 'agentFailure'>> {
  try {
    const query = vip === undefined ? { name: service } : { address: vip, port };
    return { answer: (await askAgent(adminSocket, '/service', query)) as ServiceAnswer };
  } catch (error) {
    if (error instanceof AgentNotRunning) return { answer: undefined };
    if (error instanceof AgentAnswerError) return { answer: undefined, agentFailure: error.message };
    throw error;
  }
}

async function kernelFacts(
  { service, vip, port, client }: Question,
  answer: ServiceAnswer | undefined,
  lookAtKernel: LookAtKernel,
): Promise<Pick<Evidence, 'kernel' | 'kernelFailure'>> {
  try {
    const kernel = await lookAtKernel({
      frontends: answer?.found?.frontends ?? (answer === undefined ? undefined : []),
      service,
      vip,
      port,
      client: client.kind === 'address' ? client.address : undefined,
    });
    return { kernel };
  } catch (error) {
    return { kernel: undefined, kernelFailure: error instanceof Error ? error.message : String(error) };
  }
}

function written(evidence: Evidence, diagnosis: Diagnosis, { output }: WhyOptions): string {
  const path = pathLines(evidence, diagnosis);
  if (output === 'text') {
    return whyText(
      diagnosis,
      diagnosis.verdict === 'not found' ? [] : path,
      hasColour(process.stdout) ? COLOURED : PLAIN,
    );
  }
  return whyJson(evidence, diagnosis, path);
}

/** The diagnosis for programs, as docs/schemas/why.v1.json has it. */
export function whyJson(
  { question, answer, kernel, tried }: Evidence,
  diagnosis: Diagnosis,
  path: readonly PathLine[],
): string {
  return `${JSON.stringify({ version: 1, question, ...diagnosis, path, answer, kernel, tried }, null, 2)}\n`;
}

/** Of the column with API, Node, Tried, Seen. */
const PLACE_WIDTH = 7;

/** Verdict, path, remedies: what a person reads of a diagnosis. */
export function whyText(diagnosis: Diagnosis, path: readonly PathLine[], style: Style): string {
  const { verdict, sentence, causes } = diagnosis;
  const paint = verdict === 'works' ? style.good : style.bad;
  const lines = [...wrapped(sentence, WIDTH).map(paint)];
  if (path.length > 0) lines.push('', ...pathText(path, style));
  const remedies = new Map(causes.map(({ code, remedy }) => [remedy, code]));
  if (remedies.size > 0) lines.push('', style.strong('What to do'));
  for (const [remedy, code] of remedies) lines.push(...hanging(`${code}  `, remedy));
  const [first] = causes;
  if (first !== undefined)
    lines.push('', `More on it: kube-ipvs-proxy why --explain ${first.code}, docs/troubleshooting.md`);
  return `${lines.join('\n')}\n`;
}

function pathText(path: readonly PathLine[], style: Style): string[] {
  let last = '';
  return path.flatMap((line) => {
    const label = line.place === last ? '' : line.place;
    last = line.place;
    const text = line.code === undefined ? line.text : `${line.text} (${line.code})`;
    const mark = line.weight === undefined ? '' : line.weight === 'cause' ? '! ' : '- ';
    const lines = hanging(`${label.padEnd(PLACE_WIDTH)}${'  '.repeat(line.depth)}${mark}`, text);
    return line.weight === 'cause' ? lines.map(style.bad) : lines;
  });
}

/** What `--explain` prints. */
export function explanation(code: Code): string {
  const { title, meaning, remedy }: CodeText = CODES[code];
  const lines = [`${code} ${title}`, '', ...wrapped(meaning, WIDTH), '', ...wrapped(remedy, WIDTH)];
  return `${lines.join('\n')}\n`;
}

/** The words of the command line make no sense as a question; the message says what was expected. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

/** `[NAMESPACE/]SERVICE`, or `VIP[:PORT]`. */
export function questionOf(
  subject: string,
  { from, port }: { readonly from?: string | undefined; readonly port?: string | undefined },
): Question {
  const client = clientOf(from);
  const asked = port === undefined ? undefined : portOf(port);
  const place = placeOf(subject);
  if (place === undefined) return { service: nameOf(subject), vip: undefined, port: asked, client };
  if (place.port !== undefined && asked !== undefined && place.port !== asked)
    throw new QuestionError(`two ports are asked about, ${place.port} and ${asked}; say one of them`);
  return { service: undefined, vip: place.address, port: place.port ?? asked, client };
}

function placeOf(text: string) {
  const whole = parseAddress(text);
  if (whole !== undefined) return { address: whole, port: undefined };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(.*))?$/.exec(text) ?? [];
  const written = bracketed ?? plain;
  if (written === undefined) return undefined;
  const address = parseAddress(written);
  if (address === undefined)
    throw new QuestionError(`'${written}' is no address; expected one like 10.96.0.1 or fd00:96::1`);
  return { address, port: port === undefined ? undefined : portOf(port) };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new QuestionError(`'${text}' is no port; expected a number from 1 to 65535`);
  return port;
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function nameOf(text: string): NonNullable<Question['service']> {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || !parts.every((part) => NAME.test(part)))
    throw new QuestionError(
      `'${text}' is neither a Service nor an address; expected NAMESPACE/SERVICE, SERVICE, or VIP:PORT such as 10.96.0.1:80 or [fd00:96::1]:80`,
    );
  return second === undefined ? serviceKey('default', first) : serviceKey(first, second);
}

function clientOf(text: string | undefined): Client {
  if (text === undefined) return { kind: 'anyone' };
  if (text === 'node' || text === 'outside') return { kind: text };
  const address = parseAddress(text);
  if (address === undefined)
    throw new QuestionError(`'${text}' is no client; expected the address of a pod, node, or outside`);
  return { kind: 'address', address };
}
