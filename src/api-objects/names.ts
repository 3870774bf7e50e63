/** Names as Kubernetes allows them (RFC 1123). What passes here is harmless in a log, a path or an nftables comment. */

const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const LABEL_ONLY = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_ONLY = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

// What a label may say: the names of zones are values of one.
const LABEL_VALUE_ONLY = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;

export interface NameRule {
  readonly expected: string;
  readonly allows: (name: string) => boolean;
}

export const DNS_LABEL: NameRule = {
  expected: 'a DNS label (a-z, 0-9 and -, at most 63 characters)',
  allows: (name) => LABEL_ONLY.test(name),
};

export const DNS_SUBDOMAIN: NameRule = {
  expected: 'a DNS name (a-z, 0-9, - and ., at most 253 characters)',
  allows: (name) => name.length <= 253 && SUBDOMAIN_ONLY.test(name),
};

export const LABEL_VALUE: NameRule = {
  expected: 'the value of a label (letters, 0-9, -, _ and ., at most 63 characters)',
  allows: (name) => LABEL_VALUE_ONLY.test(name),
};

export function allowedName(value: unknown, rule: NameRule): value is string {
  return typeof value === 'string' && rule.allows(value);
}
