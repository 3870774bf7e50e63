import type { Login } from '../login/login.js';

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
