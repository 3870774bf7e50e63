import { parseAddress } from '../model/address.js';
import { LOG_LEVELS, type LogLevel } from './agent-settings.js';

/** A flag's value makes no sense. The message says what was found and what was expected. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** Whole or fractional seconds, zero or more. */
export function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new FlagError(`'${text}' is no time; expected seconds, zero or more.`);
  return value;
}

/** A scheduler's name as the kernel spells it; whether this kernel has it shows when a virtual server is made. */
export function schedulerName(text: string): string {
  if (!/^[a-z_]{1,15}$/.test(text))
    throw new FlagError(`'${text}' is no scheduler; expected a name such as rr, wrr, lc, wlc, sh or mh.`);
  return text;
}

/** CIDRs separated by commas, as kube-proxy takes them for dual stack. */
export function cidrs(text: string): string[] {
  return text.split(',').map((part) => cidr(part.trim()));
}

function cidr(text: string): string {
  const [address, length, ...rest] = text.split('/');
  const parsed = parseAddress(address ?? '');
  const longest = parsed?.includes(':') === true ? 128 : 32;
  const isLength = /^\d{1,3}$/.test(length ?? '') && Number(length) <= longest;
  if (parsed === undefined || !isLength || rest.length > 0)
    throw new FlagError(`'${text}' is no CIDR; expected one such as 10.244.0.0/16.`);
  return `${parsed}/${Number(length)}`;
}

export function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new FlagError(`'${text}' is no log level; expected one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}
