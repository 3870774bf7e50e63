import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import {
  ADMIN_PROTOCOL,
  isEndless,
  LONGEST_ANSWER_MILLISECONDS,
  mismatchText,
  PROTOCOL_HEADER,
  protocolIn,
  VERSION_HEADER,
} from '../status/admin-protocol.js';

/** No agent answers on the socket. */
export class AgentNotRunning extends Error {
  override readonly name = 'AgentNotRunning';
}

/** Something answers, or should, but not with what was asked for; the message is a sentence for people. */
export class AgentAnswerError extends Error {
  override readonly name: string = 'AgentAnswerError';
}

/** It had not ended its answer when the time for it was over. */
export class AgentTooSlow extends AgentAnswerError {
  override readonly name = 'AgentTooSlow';
}

/** A report on 5,000 Services takes a slow machine more than 10 s. */
const SILENCE_MILLISECONDS = 60_000;
/** Characters of an answer that is read as a whole; the report of 44,000 Services has some 60 million. */
const LONGEST_ANSWER = 512 * 1024 * 1024;

const ENDED_EARLY = 'the agent ended its answer early';

type Query = Readonly<Record<string, string | number | undefined>>;

interface Patience {
  /** Milliseconds for the whole answer, unless it follows what comes. */
  readonly longest?: number;
  /** Ends the asking. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks the agent for one path of its admin socket. Rejects with AgentNotRunning or AgentAnswerError. */
export async function askAgent(
  socketPath: string,
  path: string,
  query: Query = {},
  patience: Patience = {},
): Promise<unknown> {
  const answer = await answered(socketPath, path, query, patience);
  const body = await wholeBody(answer);
  return parsed(body);
}

/** The beginning of an answer as it is written. Rejects as `askAgent` does. */
export async function textFromAgent(
  socketPath: string,
  path: string,
  query: Query,
  patience: Patience & { readonly most: number },
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const { response, failure } = await answered(socketPath, path, query, patience);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > patience.most) break;
    }
  } catch {
    throw failure();
  }
  const text = Buffer.concat(chunks).subarray(0, patience.most).toString();
  return { text, isCut: length > patience.most };
}

/**
 * Rows of an answer as they arrive, until `signal` ends them. Rejects as `askAgent` does, and where the answer ends
 * early.
 */
export async function* rowsFromAgent(
  socketPath: string,
  path: string,
  query: Query = {},
  patience: Patience = {},
): AsyncGenerator<unknown> {
  const { response, failure } = await answered(socketPath, path, query, patience);
  const broken = new Promise<never>((_, reject) => {
    response.once('error', () => reject(failure()));
  });
  broken.catch(() => undefined);
  const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) if (line !== '') yield parsed(line);
    if (!response.complete) await broken;
  } catch (error) {
    throw error instanceof AgentAnswerError ? error : failure();
  } finally {
    response.destroy();
  }
}

/** An answer whose body is still to be read. */
interface Answer {
  readonly response: IncomingMessage;
  /** Why it ended before its end. */
  failure(): AgentAnswerError;
}

/** The answer of an agent that speaks our version and has what was asked for. */
async function answered(
  socketPath: string,
  path: string,
  query: Query,
  { longest = LONGEST_ANSWER_MILLISECONDS, signal }: Patience,
): Promise<Answer> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  );
  const text = new URLSearchParams(given).toString();
  const limit = isEndless(String(query.follow)) ? undefined : AbortSignal.timeout(longest);
  const failure = () =>
    limit?.aborted === true
      ? new AgentTooSlow(`the agent has not ended its answer within ${longest / 1000} s`)
      : new AgentAnswerError(ENDED_EARLY);
  const either = [signal, limit].filter((one) => one !== undefined);
  const response = await headersOf(
    socketPath,
    text === '' ? path : `${path}?${text}`,
    AbortSignal.any(either),
  ).catch((error: unknown) => {
    throw limit?.aborted === true ? failure() : error;
  });
  const { statusCode, headers } = response;
  const agent = protocolIn(headers[PROTOCOL_HEADER]);
  if (agent !== ADMIN_PROTOCOL) {
    response.destroy();
    // By Node's own server, before the question came to whoever names a version.
    if (statusCode === 408) throw new AgentTooSlow('the agent was too busy to read the question');
    const version = headers[VERSION_HEADER];
    const name = typeof version === 'string' ? `kube-ipvs-proxy ${version}` : 'of an early version';
    throw new AgentAnswerError(mismatchText(name, agent, ADMIN_PROTOCOL));
  }
  if (statusCode === 200) return { response, failure };
  const body = await wholeBody({ response, failure });
  throw new AgentAnswerError(`the agent answered ${statusCode}: ${errorIn(body)}`);
}

function headersOf(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { [PROTOCOL_HEADER]: String(ADMIN_PROTOCOL) };
    const asked = request({ socketPath, path, headers, timeout: SILENCE_MILLISECONDS, signal }, resolve);
    asked.on('timeout', () => asked.destroy(silent(socketPath)));
    asked.on('error', (error) => reject(explained(error, socketPath)));
    keepSilenceLimit(asked);
    asked.end();
  });
}

// A request's own time-out ends with its headers; the answer may stop in the middle as well.
function keepSilenceLimit(asked: ClientRequest): void {
  asked.on('response', (response) =>
    response.setTimeout(SILENCE_MILLISECONDS, () => response.destroy(silent(asked.path))),
  );
}

function silent(where: string): AgentAnswerError {
  return new AgentAnswerError(`the agent on ${where} has not answered for ${SILENCE_MILLISECONDS / 1000} s`);
}

function explained(error: Error, socketPath: string): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new AgentNotRunning(error.message);
  if (code === 'EACCES')
    return new AgentAnswerError(`the agent's socket ${socketPath} is for root only; run this as root.`);
  return code === 'ECONNRESET' ? new AgentAnswerError(ENDED_EARLY) : error;
}

async function wholeBody({ response, failure }: Answer): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > LONGEST_ANSWER) throw new AgentAnswerError('the agent does not end its answer');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof AgentAnswerError ? error : failure();
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AgentAnswerError(`the agent's answer is no JSON: ${text.slice(0, 200)}`);
  }
}

function errorIn(body: string): string {
  const value: unknown = parsed(body);
  return typeof value === 'object' && value !== null && 'error' in value ? String(value.error) : body;
}

/** Why the kernel alone is asked, as a sentence. Throws what is another failure. */
export function noAgentText(error: unknown): string {
  if (error instanceof AgentNotRunning) return 'The agent is not running.';
  if (error instanceof AgentAnswerError)
    return `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}${error.message.endsWith('.') ? '' : '.'}`;
  throw error;
}
