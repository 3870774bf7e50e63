const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C and SIGTERM, which meanwhile do not end the process: the line being written is finished first. */
interface Interruption {
  readonly signal: AbortSignal;
  /** From then on they end the process as ever. */
  close(): void;
}

export function listenForInterruption(): Interruption {
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  for (const name of SIGNALS) process.once(name, onSignal);
  return {
    signal: abort.signal,
    close() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

/** Numbered turns, the first at once and each `seconds` after the one before, until Ctrl-C or SIGTERM. */
export async function* turns(
  seconds: number,
  wait: (milliseconds: number) => Promise<void>,
): AsyncGenerator<number> {
  const { signal, close } = listenForInterruption();
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    for (let turn = 0; !signal.aborted; turn++) {
      yield turn;
      await Promise.race([wait(seconds * 1000), interrupted]);
    }
  } finally {
    close();
  }
}
