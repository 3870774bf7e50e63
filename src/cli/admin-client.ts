import { request } from 'node:http';

/** No agent answers on the socket. */
export class AgentNotRunning extends Error {
  override readonly name = 'AgentNotRunning';
}

/** The agent answers, but not with what was asked for. */
export class AgentAnswerError extends Error {
  override readonly name = 'AgentAnswerError';
}

/** A report on 5,000 Services takes a slow machine more than 10 s. */
const TIMEOUT_MILLISECONDS = 60_000;

/** Asks the agent for one path of its admin socket. Rejects with AgentNotRunning or AgentAnswerError. */
export function askAgent(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: TIMEOUT_MILLISECONDS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        settle(response.statusCode, Buffer.concat(chunks).toString(), resolve, reject),
      );
    });
    asked.on('timeout', () =>
      asked.destroy(
        new AgentAnswerError(
          `the agent on ${socketPath} has not answered for ${TIMEOUT_MILLISECONDS / 1000} s`,
        ),
      ),
    );
    asked.on('error', (error) => reject(isAbsent(error) ? new AgentNotRunning(error.message) : error));
    asked.end();
  });
}

function settle(
  status: number | undefined,
  body: string,
  resolve: (value: unknown) => void,
  reject: (error: Error) => void,
): void {
  try {
    const value: unknown = JSON.parse(body);
    if (status === 200) resolve(value);
    else reject(new AgentAnswerError(`the agent answered ${status}: ${body}`));
  } catch {
    reject(new AgentAnswerError(`the agent's answer is no JSON: ${body.slice(0, 200)}`));
  }
}

function isAbsent(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}
