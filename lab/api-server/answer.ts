/** What a request gets, unless it is a watch. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What varies from one Status to the next. */
export interface Failure {
  readonly code: number;
  readonly message: string;
  /** Absent where the server has none to give. */
  readonly reason?: string;
  readonly details?: object;
}

export function jsonAnswer(status: number, body: string): ApiAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${body}\n` };
}

export function textAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers },
    body: `${body}\n`,
  };
}

/** A Status object, as every failure of the API proper is told. */
export function statusText({ code, message, reason, details }: Failure): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  });
}

export function failureAnswer(failure: Failure, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  const { status, headers: usual, body } = jsonAnswer(failure.code, statusText(failure));
  return { status, headers: { ...usual, ...headers }, body };
}

/** Says a path that names nothing, as Go's own router does: no Status. */
export const PAGE_NOT_FOUND = textAnswer(404, '404 page not found');

/** The flow control of the API server speaks plain text. */
export function tooManyRequests(retryAfter: number): ApiAnswer {
  const seconds = { 'retry-after': String(retryAfter) };
  return textAnswer(429, 'Too many requests, please try again later.', seconds);
}

export const UNAUTHORIZED: Failure = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };

export const INTERNAL_ERROR: Failure = {
  code: 500,
  reason: 'InternalError',
  message: 'Internal error occurred: etcdserver: leader changed',
  details: { causes: [{ message: 'etcdserver: leader changed' }] },
};

export function expired(requested: number, oldest: number): Failure {
  return { code: 410, reason: 'Expired', message: `too old resource version: ${requested} (${oldest})` };
}

export const CONTINUE_EXPIRED: Failure = {
  code: 410,
  reason: 'Expired',
  message:
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
};

export function tooLargeVersion(requested: number, current: number): Failure {
  return {
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${requested}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  };
}

export function badRequest(message: string): Failure {
  return { code: 400, reason: 'BadRequest', message };
}

/** A list option that the server will not have. */
export function forbiddenOption(field: string, why: string): Failure {
  return {
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`,
    details: {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }],
    },
  };
}

export function notFound(resource: string, name: string): Failure {
  return {
    code: 404,
    reason: 'NotFound',
    message: `${resource} "${name}" not found`,
    details: { name, kind: resource },
  };
}

/** A page where JSON was expected: what proxies and captive portals answer. */
export function htmlAnswer(status: number): ApiAnswer {
  const body = '<html>\n<head><title>Sign in</title></head>\n<body><h1>Sign in</h1></body>\n</html>\n';
  return { status, headers: { 'content-type': 'text/html' }, body };
}
