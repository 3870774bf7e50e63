const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Ctrl-C and SIGTERM, which meanwhile do not end the process: the line being written is finished first. A reader that
 * has gone is one too, or `events --follow | head -1` would go on for ever, and so would one in a pod that nobody reads.
 */
interface Interruption {
  readonly signal: AbortSignal;
  /** From then on they end the process as ever. */
  close(): void;
}

export function listenForInterruption(): Interruption {
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  for (const name of SIGNALS) process.once(name, onSignal);
  process.stdout.once('error', onSignal);
  return {
    signal: abort.signal,
    close() {
      for (const name of SIGNALS) process.off(name, onSignal);
      process.stdout.off('error', onSignal);
    },
  };
}

/** Resolves after the time, or when the signal is aborted; then no timer of it keeps the process. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

interface Turn {
  /** From 0. */
  readonly number: number;
  /** Aborted by what ends the turns, so that nobody waits for an agent that does not answer. */
  readonly signal: AbortSignal;
}

/** Turns, the first at once and each `seconds` after the one before, until an interruption. */
export async function* turns(seconds: number, wait: Wait): AsyncGenerator<Turn> {
  const { signal, close } = listenForInterruption();
  try {
    for (let number = 0; !signal.aborted; number++) {
      yield { number, signal };
      await wait(seconds * 1000, signal);
    }
  } finally {
    close();
  }
}
