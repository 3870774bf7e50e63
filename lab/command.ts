import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the lab itself failed; the message is what it said. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Runs a command to its end, whatever that is. */
export function tryCommand(words: readonly string[], stdin = ''): Promise<CommandResult> {
  const [command = '', ...rest] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

/** Runs a command that must succeed and answers with what it printed. */
export async function runCommand(words: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(words, stdin);
  if (code !== 0) throw new CommandError(`${words.join(' ')}: ${stderr.trim() || stdout.trim()} (${code})`);
  return stdout;
}
