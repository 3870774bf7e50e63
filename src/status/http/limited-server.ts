import { createServer, type RequestListener, type Server } from 'node:http';
import type { ConnectionLimit, ConnectionLimits } from './connection-limit.js';

/** What one client may cost. Probes and scrapes need far less; who exceeds it loses the connection. */
export interface HttpLimits extends ConnectionLimits {
  /** Bytes of a request's header; beyond it the answer is 431. */
  readonly headerSize: number;
  /** Milliseconds for the header to arrive, and for the request as a whole; then the answer is 408. */
  readonly headerTime: number;
  readonly requestTime: number;
  /** How often the two are checked: a timer for each server, so that an idle agent should have it seldom. */
  readonly sweep: number;
  /** Milliseconds without a byte in either direction. */
  readonly silence: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headerSize: 8 * 1024,
  headerTime: 5_000,
  requestTime: 10_000,
  sweep: 15_000,
  silence: 30_000,
  connections: 128,
  perSource: 16,
};

/** An HTTP server that no client can keep from answering the others; it does not listen yet. */
export function limitedServer(
  limits: HttpLimits,
  connections: ConnectionLimit,
  answer: RequestListener,
): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerSize,
      headersTimeout: limits.headerTime,
      requestTimeout: limits.requestTime,
      connectionsCheckingInterval: limits.sweep,
    },
    answer,
  );
  server.timeout = limits.silence;
  connections.watch(server);
  return server;
}
