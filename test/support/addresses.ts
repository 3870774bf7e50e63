import { type Address, parseAddress } from '../../src/model/address.js';

/**
 * The addresses of every test, declared once.
 *
 *   10.96.0.0/16, fd00:96::/64      Service addresses (VIPs)
 *   10.244.0.0/16, fd00:244::/64    pods
 *   192.0.2.0/24, 2001:db8::/64     hosts outside the cluster
 */
export const VIP_A = address('10.96.0.10');
export const VIP_B = address('10.96.0.11');
export const VIP_A6 = address('fd00:96::10');
export const POD_1 = address('10.244.0.1');
export const POD_2 = address('10.244.0.2');
export const POD_3 = address('10.244.0.3');
export const POD_1_6 = address('fd00:244::1');
export const POD_2_6 = address('fd00:244::2');

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`test address ${text} is not valid`);
  return parsed;
}
