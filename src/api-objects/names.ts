/** Names as Kubernetes allows them (RFC 1123). What passes here is harmless in a log, a path or an nftables comment. */

const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const LABEL_ONLY = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_ONLY = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

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

export function allowedName(value: unknown, rule: NameRule): value is string {
  return typeof value === 'string' && rule.allows(value);
}
