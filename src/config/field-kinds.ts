import * as z from 'zod/mini';
import { parseAddress } from '../model/address.js';
import { parseCidr } from '../model/cidr.js';
import { parseDuration } from '../model/duration.js';
import { isMapping } from '../model/mapping.js';
import { parseClusterCIDRs, parsePortRange, parseSocketAddress } from './value-syntax.js';

/**
 * The kinds of field that a configuration document has. Each says by itself what it expects, as the rest of the
 * sentence "expected …". A field that is absent or null has its default, as in Kubernetes.
 */
function field<T>(expected: string, fallback: T, matches: (value: unknown) => boolean) {
  return withDefault(fallback, z.custom<T>(matches, expected));
}

function withDefault<Schema extends z.ZodMiniType>(fallback: unknown, schema: Schema) {
  return z.pipe(
    z.transform((value) => value ?? fallback),
    schema,
  );
}

/** A mapping of fields; absent or null it has all of their defaults. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  const error = ({ code }: { code: string }) => (code === 'invalid_type' ? 'a mapping of fields' : undefined);
  return withDefault({}, z.strictObject(shape, { error }));
}

function listOf<T>(expected: string, each: string, matches: (value: unknown) => boolean) {
  const list = z.array(z.custom<T>(matches, each), { error: expected });
  return withDefault([], z.readonly(list));
}

export function text(fallback = '') {
  return field<string>('a text', fallback, isText);
}

/** Empty, or a name that a Node can have. What a DaemonSet left unexpanded, `$(NODE_NAME)`, is none. */
export function nodeName() {
  return field<string>(
    "a Node's name: letters, digits, - and .",
    '',
    (value) => isText(value) && /^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?)?$/i.test(value.trim()),
  );
}

export function yesOrNo(fallback = false) {
  return field<boolean>('true or false', fallback, (value) => typeof value === 'boolean');
}

export function wholeNumber(fallback: number, least: number, most: number) {
  return field<number>(`a whole number from ${least} to ${most}`, fallback, (value) =>
    isWithin(value, least, most),
  );
}

/** Null where the kernel's own value is to stay. */
export function numberOrNull(least: number, most: number) {
  return field<number | null>(
    `a whole number from ${least} to ${most}`,
    null,
    (value) => value === null || isWithin(value, least, most),
  );
}

/** Empty, or processors as the kernel lists them. */
export function cpuList() {
  return field<string>(
    'processors such as 0-3,8',
    '',
    (value) => isText(value) && /^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(value),
  );
}

export function anyNumber(fallback: number) {
  return field<number>('a number', fallback, Number.isFinite);
}

/** Text of a duration, zero or more. */
export function duration(fallback = '0s') {
  return field<string>('a duration such as "30s", "1h0m0s" or "0s", not negative', fallback, isDuration);
}

/** As the logging library writes it: a duration, or a number of nanoseconds. */
export function durationOrNanoseconds(fallback = '0s') {
  return field<string | number>(
    'a duration such as "5s"',
    fallback,
    (value) => isDuration(value) || (Number.isInteger(value) && Number(value) >= 0),
  );
}

/** A quantity of bytes as Kubernetes writes it: `0`, `64Ki`, `1M`. */
export function quantity(fallback = '0') {
  return field<string | number>('a quantity of bytes such as "64Ki"', fallback, (value) =>
    /^\d+(\.\d+)?([KMGTPE]i?|k|m|[eE]\d+)?$/.test(String(value)),
  );
}

export function oneOf<const T extends string>(choices: readonly T[], fallback: NoInfer<T>) {
  const shown = choices.map((choice) => (choice === '' ? '""' : choice)).join(', ');
  return field<T>(`one of ${shown}`, fallback, (value) => choices.some((choice) => choice === value));
}

/** Empty, or an address. */
export function address() {
  return field<string>(
    'an IP address',
    '',
    (value) => value === '' || (isText(value) && parseAddress(value) !== undefined),
  );
}

/** Empty, or an address with or without port. */
export function socketAddress() {
  return field<string>(
    'an IP address and port such as 0.0.0.0:10256 or [::]:10256',
    '',
    (value) => value === '' || (isText(value) && parseSocketAddress(value, 1) !== undefined),
  );
}

export function clusterCIDRs() {
  return field<string>(
    'a CIDR such as 10.244.0.0/16, or one of each family with a comma between',
    '',
    (value) => isText(value) && parseClusterCIDRs(value) !== undefined,
  );
}

export function cidrList() {
  return listOf<string>('a list of CIDRs', 'a CIDR such as 10.0.0.0/8', isCIDR);
}

const NODE_PORT_WORDS = ['primary', 'localhost', 'all'] as const;

export function nodePortAddressList() {
  return listOf<string>(
    'a list of CIDRs and keywords',
    `a CIDR or one of ${NODE_PORT_WORDS.join(', ')}`,
    (value) => isCIDR(value) || NODE_PORT_WORDS.some((word) => word === value),
  );
}

export function portRange(fallback: string) {
  return field<string>(
    `a range of ports such as "${fallback}", from 1 to 65535`,
    fallback,
    (value) => isText(value) && parsePortRange(value) !== undefined,
  );
}

export function schedulerField() {
  return field<string>(
    'the name of an IPVS scheduler such as rr, wrr, lc, wlc, sh or mh',
    '',
    (value) => value === '' || (isText(value) && /^[a-z_]{1,15}$/.test(value)),
  );
}

/** Feature gates by name. */
export function switches() {
  return field<Readonly<Record<string, boolean>>>(
    'names with true or false',
    {},
    (value) => isMapping(value) && Object.values(value).every((on) => typeof on === 'boolean'),
  );
}

/** Of klog: a file pattern with a verbosity each. What it holds has no effect here. */
export function listOfMappings() {
  return listOf<object>('a list of mappings', 'a mapping of fields', isMapping);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isDuration(value: unknown): boolean {
  return isText(value) && (parseDuration(value) ?? -1) >= 0;
}

function isCIDR(value: unknown): boolean {
  return isText(value) && parseCidr(value) !== undefined;
}
