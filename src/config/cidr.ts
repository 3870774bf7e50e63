import { parseCidr } from '../model/cidr.js';

/** The CIDRs of `clusterCIDR`: one, or one of each family with a comma between. Undefined where it is neither. */
export function parseClusterCIDRs(text: string): readonly string[] | undefined {
  if (text.trim() === '') return [];
  const cidrs = text.split(',').map((part) => parseCidr(part.trim()));
  const known = cidrs.filter((cidr) => cidr !== undefined);
  const families = new Set(known.map(({ family }) => family));
  return families.size === cidrs.length ? known.map(({ text }) => text) : undefined;
}
