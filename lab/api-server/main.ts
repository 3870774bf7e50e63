import { createInterface } from 'node:readline';
import { ApiServer, type ApiServerOptions } from './api-server.js';
import { type Command, perform } from './command.js';

/**
 * The server as a process of its own: `main.js OPTIONS`, with ApiServerOptions as JSON. Says where it listens and what
 * to trust in one line of JSON, then takes one Command a line and answers each with a Reply, in order. Ends with its
 * input.
 */
export interface Greeting {
  readonly url: string;
  readonly port: number;
  readonly authority: string;
}

export interface Reply {
  /** Absent where it failed, and where the command asks for nothing. */
  readonly value?: unknown;
  readonly error?: string;
}

const server = await ApiServer.start(JSON.parse(process.argv[2] ?? '{}') as ApiServerOptions);
const { url, port, authority } = server;
say({ url, port, authority } satisfies Greeting);
for await (const line of createInterface(process.stdin)) say(await reply(JSON.parse(line) as Command));
// Who started it has ended, or is done with it: open watches must not keep it going, at full load and for ever.
process.exit(0);

async function reply(command: Command): Promise<Reply> {
  try {
    const value = await perform(server, command);
    return value === undefined ? {} : { value };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
