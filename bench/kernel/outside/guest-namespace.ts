import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * The network namespace that the kernel side of `--outside` has just made in user-mode Linux. There is one at a time: the next takes its
 * place. Its commands run on the machine, with outside.so between them and their kernel.
 */
export class GuestNamespace {
  readonly #tools: string;

  constructor(tools: string) {
    this.#tools = tools;
    this.run([join(tools, 'ask'), 'namespace']);
  }

  delete(): void {
    // Making the next one does.
  }

  run(words: readonly string[], input = ''): string {
    const [program = '', ...rest] = words;
    return execFileSync(program, rest, {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, LD_PRELOAD: join(this.#tools, 'outside.so') },
    });
  }
}
