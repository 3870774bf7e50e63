import type { Family } from '../../../model/address.js';
import type { Rule } from '../../nf-tables/rule-values.js';
import { DROP, goesToOwned, IS_INVALID } from './rule-words.js';

// A segment out of the window belongs to no connection for conntrack, so nobody would masquerade it: IPVS would send it on
// with the client's own address, and the pod's answer, which nobody translates back, would make the client reset the
// connection. What goes elsewhere than to our virtual servers never gets here.
export function invalidRule(family: Family): Rule {
  return [IS_INVALID, ...goesToOwned(family, 'TCP'), DROP];
}
