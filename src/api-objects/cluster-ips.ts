import { type Address, familyOf } from '../model/address.js';
import { readAddress } from './address-field.js';
import type { Field } from './field.js';

const so = 'the address is left out';

/** The VIPs, at most one of each family; the first of a family stays. */
export function readClusterIPs(spec: Field): readonly Address[] {
  const addresses: Address[] = [];
  for (const field of clusterIPFields(spec)) {
    const address = readAddress(field, so);
    if (address === undefined) continue;
    if (addresses.some((other) => familyOf(other) === familyOf(address))) reportSecond(field, address);
    else addresses.push(address);
  }
  reportStale(spec.child('clusterIP'), addresses);
  return addresses;
}

function clusterIPFields(spec: Field): readonly Field[] {
  const list = spec.child('clusterIPs').items('clusterIP is used instead');
  return list.length > 0 ? list : [spec.child('clusterIP')];
}

function reportSecond(field: Field, address: Address): void {
  field.report(
    `is a second ${familyOf(address)} address, ${address}; ${so}.`,
    'Keep one address of each family.',
  );
}

// Whoever edits a dumped Service changes one of the two fields and wonders.
function reportStale(single: Field, addresses: readonly Address[]): void {
  const first = addresses[0];
  if (single.absent || single.value === '' || first === undefined) return;
  const address = readAddress(single, 'clusterIPs is used');
  if (address === undefined || address === first) return;
  single.report(`is ${address}, but clusterIPs is used and begins with ${first}.`, 'Write the same in both.');
}
