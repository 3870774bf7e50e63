import { tryCommand } from '../../lab/command.js';

/** A contender ended without a result; the message says how. */
export class ContenderEnded extends Error {
  override readonly name = 'ContenderEnded';
}

const TIME_WAS_UP = 124;

/**
 * What a contender prints. Rejects where it fails, where it takes longer than so many seconds, and where the server
 * that it asks has ended, which it would wait for for ever. It ends with this process, however this one ends.
 */
export async function runContender(
  words: readonly string[],
  { seconds, serverEnded }: { readonly seconds: number; readonly serverEnded: Promise<string> },
): Promise<string> {
  const guarded = ['setpriv', '--pdeathsig', 'TERM', 'timeout', '-k', '5', String(seconds), ...words];
  const { code, stdout, stderr } = await Promise.race([tryCommand(guarded), fail(serverEnded)]);
  if (code === TIME_WAS_UP) throw new ContenderEnded(`${words.join(' ')} had not ended after ${seconds} s`);
  if (code !== 0)
    throw new ContenderEnded(`${words.join(' ')} ended with exit code ${code}: ${stderr.trim()}`);
  return stdout;
}

async function fail(serverEnded: Promise<string>): Promise<never> {
  throw new ContenderEnded(`the API server ended (${await serverEnded}) while a contender was asking it`);
}
