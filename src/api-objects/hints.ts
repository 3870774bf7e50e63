import type { Endpoint } from '../model/endpoint-slice.js';
import type { Field } from './field.js';
import { allowedName, DNS_SUBDOMAIN, LABEL_VALUE, type NameRule } from './names.js';
import { sharedList, sharedName } from './shared-names.js';

type Hints = Pick<Endpoint, 'zoneHints' | 'nodeHints'>;

/** Where an endpoint is and for whom it is (KEP-2433, KEP-3015). What makes no sense costs the preference only. */
export function readZone(field: Field): string | undefined {
  if (field.absent || field.value === '') return undefined;
  if (allowedName(field.value, LABEL_VALUE)) return sharedName(field.value);
  field.complain({
    expected: LABEL_VALUE.expected,
    so: 'the endpoint counts as in no known zone',
    remedy: 'Write the name of its zone or leave the field out.',
  });
  return undefined;
}

export function readHints(field: Field): Hints {
  if (!field.isObject('the endpoint counts as without hints')) return {};
  const zoneHints = readNames(field.child('forZones'), LABEL_VALUE);
  const nodeHints = readNames(field.child('forNodes'), DNS_SUBDOMAIN);
  return { zoneHints, nodeHints };
}

function readNames(list: Field, rule: NameRule): readonly string[] | undefined {
  if (list.absent) return undefined;
  const names = list.items('the hint is left out').flatMap((entry) => {
    const name = entry.child('name');
    if (allowedName(name.value, rule)) return [name.value];
    name.complain({ expected: rule.expected, so: 'the hint is left out', remedy: 'Correct the name.' });
    return [];
  });
  return names.length === 0 ? undefined : sharedList(names);
}
