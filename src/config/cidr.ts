import {
  type Address,
  addressBytes,
  type Family,
  familyOf,
  formatAddress,
  parseAddress,
} from '../model/address.js';

/** A CIDR in canonical form, its host bits cleared: `10.244.3.7/16` is `10.244.0.0/16`. Undefined where it is none. */
export function parseCIDR(text: string): string | undefined {
  const [address, length, ...rest] = text.split('/');
  const parsed = parseAddress(address ?? '');
  if (parsed === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length ?? '')) return undefined;
  const bytes = addressBytes(parsed);
  const bits = Number(length);
  return bits > bytes.length * 8 ? undefined : `${network(bytes, bits)}/${bits}`;
}

/** The CIDRs of `clusterCIDR`: one, or one of each family with a comma between. Undefined where it is neither. */
export function parseClusterCIDRs(text: string): readonly string[] | undefined {
  if (text.trim() === '') return [];
  const cidrs = text.split(',').map((part) => parseCIDR(part.trim()));
  const families = new Set(cidrs.map((cidr) => cidr && cidrFamily(cidr)));
  const known = cidrs.filter((cidr) => cidr !== undefined);
  return known.length === cidrs.length && families.size === cidrs.length ? known : undefined;
}

function cidrFamily(cidr: string): Family {
  return familyOf(cidr.split('/')[0] as Address);
}

function network(bytes: Uint8Array, bits: number): Address {
  return formatAddress(
    bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, bits - index * 8))))),
  );
}
