/**
 * What both sides of the admin socket agree on: HTTP with GET, one request a connection. An answer is JSON as a whole,
 * or, for what may be long, one JSON value a line (`ROWS_TYPE`), or a text that others have written as it is. Every
 * request and every answer carries the version of the protocol.
 */

/**
 * Grows when an agent and a command of different versions would misunderstand each other; new paths and keys do not
 * count.
 */
export const ADMIN_PROTOCOL = 1;

export const PROTOCOL_HEADER = 'kube-ipvs-proxy-protocol';
/** In answers: the version of the program that gave it. */
export const VERSION_HEADER = 'kube-ipvs-proxy-version';

/** An answer of rows, each a JSON value on a line of its own. */
export const ROWS_TYPE = 'application/x-ndjson';

/** What an agent says to a command that speaks another version, and a command of such an agent. */
export function mismatchText(agentVersion: string, agent: number, command: number): string {
  const older = agent < command ? 'agent' : 'command';
  return (
    `the ${older} is older: the agent (${agentVersion}) speaks version ${agent} of the admin protocol, ` +
    `this command version ${command}. Use the command of the agent's own image, or update the ${older}.`
  );
}

/** 0 is what was spoken before there were versions. */
export function protocolIn(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : 0;
}

/** For a whole answer, on both sides: the services of 10,000 Services take a slow machine some ten seconds. */
export const LONGEST_ANSWER_MILLISECONDS = 300_000;

/** Of the parameter `follow`: such an answer goes on until the one who asked has enough. */
export function isEndless(follow: string | null | undefined): boolean {
  return follow === '1';
}
