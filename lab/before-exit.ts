const ENDINGS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Closer = () => Promise<void>;

const closers = new Set<Closer>();
let listening = false;

/** Runs `close` before a signal ends this process. Answers with the function that calls it off. */
export function beforeExit(close: Closer): () => void {
  closers.add(close);
  if (!listening) listen();
  return () => closers.delete(close);
}

function listen(): void {
  listening = true;
  for (const [signal, code] of Object.entries(ENDINGS)) process.once(signal, () => void leave(code));
}

async function leave(code: number): Promise<void> {
  await Promise.allSettled([...closers].reverse().map((close) => close()));
  process.exit(code);
}
