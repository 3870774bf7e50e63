const ALTERNATE = '\x1b[?1049h\x1b[?25l';
const NORMAL = '\x1b[?25h\x1b[?1049l';
const CTRL_C = '\x03';

/** A screenful of lines on the terminal, drawn anew without flicker; the terminal gets back what it had. */
export class Screen {
  #open = false;
  #stopped: (() => void) | undefined;
  readonly #listen = (text: string) => {
    if (text === 'q' || text === 'Q' || text === CTRL_C) this.#stopped?.();
  };

  /** Resolves when the user wants to leave. */
  readonly left = new Promise<void>((resolve) => {
    this.#stopped = resolve;
  });

  open(): void {
    this.#open = true;
    process.stdout.write(ALTERNATE);
    process.once('exit', () => this.close());
    process.stdin.setRawMode(true).setEncoding('utf8').on('data', this.#listen).resume();
  }

  /** Lines beyond the edge are cut, not wrapped. */
  draw(lines: readonly string[]): void {
    if (!this.#open) return;
    const { columns = 80, rows = 24 } = process.stdout;
    const shown = lines.slice(0, rows).map((line) => `${cut(line, columns)}\x1b[0m\x1b[K`);
    process.stdout.write(`\x1b[H${shown.join('\r\n')}\x1b[J`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.stdin.off('data', this.#listen).setRawMode(false).pause();
    process.stdout.write(NORMAL);
  }
}

// Colours take no room on the screen.
function cut(line: string, columns: number): string {
  let room = columns;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  return line.replace(/\x1b\[[0-9;]*m|./gu, (part) => (part.startsWith('\x1b') || --room >= 0 ? part : ''));
}
