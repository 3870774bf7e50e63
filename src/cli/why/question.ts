import type { Client, Question } from '../../diagnosis/evidence.js';
import { parseAddress } from '../../model/address.js';
import { serviceKey } from '../../model/service-key.js';

/** The words of the command line make no sense as a question; the message says what was expected. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

/** `[NAMESPACE/]SERVICE`, or `VIP[:PORT]`. */
export function questionOf(
  subject: string,
  { from, port }: { readonly from?: string | undefined; readonly port?: string | undefined },
): Question {
  const client = clientOf(from);
  const asked = port === undefined ? undefined : portOf(port);
  const place = placeOf(subject);
  if (place === undefined) return { service: nameOf(subject), vip: undefined, port: asked, client };
  if (place.port !== undefined && asked !== undefined && place.port !== asked)
    throw new QuestionError(`two ports are asked about, ${place.port} and ${asked}; say one of them`);
  return { service: undefined, vip: place.address, port: place.port ?? asked, client };
}

function placeOf(text: string) {
  const whole = parseAddress(text);
  if (whole !== undefined) return { address: whole, port: undefined };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(.*))?$/.exec(text) ?? [];
  const written = bracketed ?? plain;
  if (written === undefined) return undefined;
  const address = parseAddress(written);
  if (address === undefined)
    throw new QuestionError(`'${written}' is no address; expected one like 10.96.0.1 or fd00:96::1`);
  return { address, port: port === undefined ? undefined : portOf(port) };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new QuestionError(`'${text}' is no port; expected a number from 1 to 65535`);
  return port;
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function nameOf(text: string): NonNullable<Question['service']> {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || !parts.every((part) => NAME.test(part)))
    throw new QuestionError(
      `'${text}' is neither a Service nor an address; expected NAMESPACE/SERVICE, SERVICE, or VIP:PORT such as 10.96.0.1:80 or [fd00:96::1]:80`,
    );
  return second === undefined ? serviceKey('default', first) : serviceKey(first, second);
}

function clientOf(text: string | undefined): Client {
  if (text === undefined) return { kind: 'anyone' };
  if (text === 'node' || text === 'outside') return { kind: text };
  const address = parseAddress(text);
  if (address === undefined)
    throw new QuestionError(`'${text}' is no client; expected the address of a pod, node, or outside`);
  return { kind: 'address', address };
}
