import { shownName } from '../files/shown.js';
import type { Problem } from '../model/problem.js';
import { Complaints, Field } from './field.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';
import { readCIDR } from './network-fields.js';

interface ServiceCIDRTranslation {
  /** Undefined where the object has no valid name. */
  readonly name: string | undefined;
  /** Ranges from which Services get their addresses, at most one of each family. */
  readonly cidrs: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads a ServiceCIDR (networking.k8s.io/v1, KEP-1880) as the API shows it. Never throws. */
export function translateServiceCIDR(object: unknown): ServiceCIDRTranslation {
  const complaints = new Complaints();
  const root = new Field(object, complaints);
  const name = root.child('metadata').child('name').value;
  const fields = root.isObject('it is left alone')
    ? root.section('spec').child('cidrs').items('it has no ranges')
    : [];
  const cidrs = fields.flatMap((field) => readCIDR(field) ?? []);
  const problems = complaints.none ? [] : complaints.about(`ServiceCIDR ${shownName(name)}`, undefined);
  return { name: allowedName(name, DNS_SUBDOMAIN) ? name : undefined, cidrs, problems };
}
