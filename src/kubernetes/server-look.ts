import type { Clock } from '../model/clock.js';
import type { ApiServerFact } from '../model/node-condition.js';
import type { ApiTransport } from './transport/api-transport.js';

/** Milliseconds; a person waits for it. */
const PATIENCE = 3_000;

interface LookParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
}

/**
 * One small request that everybody may make who is logged in: whether the server answers, how soon, and what time it
 * has. Its date is in whole seconds, and was written at some moment of the request.
 */
export async function lookAtServer({ transport, clock, wallTime }: LookParts): Promise<ApiServerFact> {
  const abort = new AbortController();
  const cancel = clock.after(PATIENCE, () => abort.abort());
  const began = clock.now();
  try {
    const { status, headers } = await transport.request({ method: 'GET', path: '/version' }, abort.signal);
    const milliseconds = clock.now() - began;
    const written = Date.parse(headers.date ?? '');
    const middle = wallTime() - milliseconds / 2;
    const clockAhead = Number.isNaN(written) ? undefined : (middle - (written + 500)) / 1000;
    const uncertainty = (500 + milliseconds / 2) / 1000;
    return { status, milliseconds, clockAhead, uncertainty, failure: undefined };
  } catch (error) {
    const silence = `no answer within ${PATIENCE / 1000} s`;
    const failure = abort.signal.aborted ? silence : error instanceof Error ? error.message : String(error);
    return { status: 0, milliseconds: clock.now() - began, clockAhead: undefined, uncertainty: 0, failure };
  } finally {
    cancel();
    // Nobody reads the body.
    abort.abort();
  }
}
