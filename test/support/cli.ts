import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminServer } from '../../src/status/admin-server.js';

type Routes = ConstructorParameters<typeof AdminServer>[1]['routes'];

/** An agent that answers on a socket of its own, until it is closed. */
export class AnsweringAgent {
  readonly socket: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'agent-'));
  readonly #server: AdminServer;

  constructor(routes: Routes) {
    this.socket = join(this.#folder, 'admin.sock');
    this.#server = new AdminServer(this.socket, { version: '1.2.3', routes });
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** What a command wrote, to stdout and to stderr. */
export class Written {
  out = '';
  err = '';

  readonly parts = {
    write: (text: string) => {
      this.out += text;
    },
    warn: (text: string) => {
      this.err += text;
    },
    wait: async () => undefined,
    isTerminal: false,
  };
}
