import { connect } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { ApiServer } from '../../../lab/api-server/api-server.js';
import type { Certificate } from '../../../lab/api-server/certificates.js';
import type { Protocol } from '../../../lab/api-server/tls-server.js';

export const TOKEN = 'a-token';

export interface Question {
  readonly path: string;
  readonly protocol?: Protocol;
  /** Empty for none. */
  readonly token?: string;
  readonly certificate?: Certificate;
  readonly gzip?: boolean;
  readonly accept?: string;
  readonly body?: object;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  readonly json: any;
}

/** Asks without any of the client under test: what comes is what the server sent. */
export async function ask(server: ApiServer, question: Question): Promise<RawAnswer> {
  const { status, headers, stream, close } = await open(server, question);
  const pieces: Buffer[] = [];
  try {
    for await (const piece of stream) pieces.push(piece as Buffer);
  } finally {
    close();
  }
  const bytes = Buffer.concat(pieces);
  const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  return { status, headers, text, json: parsed(text) };
}

export interface OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly stream: Readable;
  close(): void;
}

export function open(server: ApiServer, question: Question): Promise<OpenAnswer> {
  return question.protocol === 'http/1.1' ? openHttp1(server, question) : openHttp2(server, question);
}

function openHttp2(server: ApiServer, question: Question): Promise<OpenAnswer> {
  const session = connect(server.url, tlsOptions(server, question));
  const { path, body } = question;
  const stream = session.request({
    ...headersOf(question),
    ':path': path,
    ':method': body === undefined ? 'GET' : 'POST',
  });
  stream.end(body && JSON.stringify(body));
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    stream.on('error', reject);
    stream.on('response', (headers) =>
      resolve({ status: Number(headers[':status']), headers, stream, close: () => session.destroy() }),
    );
  });
}

function openHttp1(server: ApiServer, question: Question): Promise<OpenAnswer> {
  const { path, body } = question;
  const agent = new Agent({ ...tlsOptions(server, question), ALPNProtocols: ['http/1.1'] });
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      path,
      headers: headersOf(question),
      method: body === undefined ? 'GET' : 'POST',
    };
    const request = httpsRequest(server.url, options, (answer) =>
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        stream: answer,
        close: () => agent.destroy(),
      }),
    );
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

function tlsOptions(server: ApiServer, { certificate }: Question) {
  return {
    ca: server.authority,
    ...certificate,
  };
}

function headersOf({ token = TOKEN, gzip = false, accept, body }: Question): Record<string, string> {
  return {
    ...(token !== '' && { authorization: `Bearer ${token}` }),
    ...(gzip && { 'accept-encoding': 'gzip' }),
    ...(accept !== undefined && { accept }),
    ...(body && { 'content-type': 'application/json' }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
