import type { Login, LoginHeaders } from '../login/login.js';
import type { ApiRequest, ApiResponse, TransportError } from './api-transport.js';

/** A way to the server for one login: one HTTP/2 session, or a few HTTP/1.1 connections. */
export interface Connection {
  /** Takes further requests. */
  readonly open: boolean;
  /** Another request would be sent at once, and would not wait for one of those under way to end. */
  readonly hasRoom: boolean;
  /** Resolves when `hasRoom` is known; rejects with TransportError where the connection ends before. */
  readonly ready: Promise<void>;
  /** As `ApiTransport.request`. */
  send(call: Call, signal: AbortSignal): Promise<Answer>;
  /** Takes no more, and ends when what is under way has ended. */
  retire(): void;
  /** Ends at once; what is under way fails with `reason`. */
  destroy(reason: TransportError): void;
}

/** A request with everything that goes over the wire. */
export interface Call {
  readonly method: ApiRequest['method'];
  /** With the path of the server before it. */
  readonly path: string;
  readonly headers: LoginHeaders;
  readonly body: string | undefined;
}

export interface Answer extends ApiResponse {
  readonly body: ApiResponse['body'] & Cancellable;
}

export interface Cancellable {
  /** Ends the request though nobody has looked at the body. */
  cancel(): void;
}

/** Times in milliseconds. */
export interface TransportSettings {
  /** For reaching the server, and once more for agreeing on TLS. */
  readonly connectTimeout: number;
  /** Without a byte from the server: then it is asked for a sign of life. */
  readonly readIdle: number;
  /** For the sign of life: then the path is given up with everything on it. */
  readonly pongDeadline: number;
  /** For status and headers of an answer. An API server gives up by itself after 60 s (`--request-timeout`). */
  readonly answerDeadline: number;
  /** What the server's audit log shows as the caller's program. */
  readonly userAgent: string;
  /** Is called where a connection is about to be made. */
  readonly dialling?: (login: Login) => void;
}

/** 30 s and 15 s are client-go's: a dead path is noticed in under a minute. */
export const DEFAULT_TRANSPORT_SETTINGS: Omit<TransportSettings, 'userAgent'> = {
  connectTimeout: 10_000,
  readIdle: 30_000,
  pongDeadline: 15_000,
  answerDeadline: 75_000,
};
