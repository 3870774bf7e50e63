import type { LoginHeaders } from '../login/login.js';
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
