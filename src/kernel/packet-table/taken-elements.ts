import type { Address } from '../../model/address.js';
import { cidrFrom } from '../../model/cidr.js';
import type { DataplaneState } from '../../model/dataplane-state.js';
import { addressOf, type Frontend, type FrontendKey, familyOfKey, insideOf } from '../../model/frontend.js';
import type { SpelledElements, SpelledFrontends } from '../native/records.js';
import { type FlowPurpose, type FrontendPurpose, PACKET_SETS } from './packet-sets.js';

type Policy = DataplaneState['policy'];

/**
 * Takes over what is in our sets; the sets in the order of PACKET_SETS, since of nearly all that is owned the frontend is
 * open too: one object each, and one key.
 */
export function takeElements(policy: Policy, spelled: SpelledElements): void {
  if ('protocol' in spelled) takeFrontends(policy, spelled);
  else for (const address of spelled.keys) policy.guarded.add(address);
}

function takeFrontends(policy: Policy, spelled: SpelledFrontends): void {
  const { purpose } = PACKET_SETS[spelled.set] as { readonly purpose: FrontendPurpose | FlowPurpose };
  if (purpose === 'open') putFrontends(policy.open, spelled);
  else if (purpose === 'owned') putOwned(policy, spelled);
  else if (purpose === 'inside') putInside(policy, spelled);
  else if (purpose === 'owned-inside') putOwnedInside(policy, spelled);
  else if (purpose === 'sources') putSources(policy, spelled);
  else putFrontends(policy.traffic[purpose], spelled);
}

// A restart makes nearly all of its frontends here, in code that has just begun: a call for each would take as long as the
// object. The sets of each family are their own.
function putFrontends(target: Map<FrontendKey, Frontend>, { keys, ports, protocol }: SpelledFrontends): void {
  const [start, end] = familyOfKey(keys[0] as FrontendKey) === 'IPv6' ? [1, ']'] : [0, ':'];
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as FrontendKey;
    const address = key.slice(start, key.indexOf(end)) as Address;
    target.set(key, { key, address, port: ports[index] as number, protocol, mark: 0 });
  }
}

function putOwned({ open, owned }: Policy, spelled: SpelledFrontends): void {
  const { keys, comments } = spelled;
  for (let index = 0; index < keys.length; index++) {
    const front = open.get(keys[index] as FrontendKey) ?? frontendAt(spelled, index);
    owned.set(front.key, { frontend: front, owner: comments?.[index] ?? '' });
  }
}

function putInside({ open }: Policy, spelled: SpelledFrontends): void {
  for (const index of spelled.keys.keys()) {
    const front = insideAt(spelled, index);
    open.set(front.key, front);
  }
}

function putOwnedInside({ open, owned }: Policy, spelled: SpelledFrontends): void {
  for (const index of spelled.keys.keys()) {
    const seen = insideAt(spelled, index);
    const known = open.get(seen.key);
    const front = known?.mark === seen.mark ? known : seen;
    owned.set(front.key, { frontend: front, owner: spelled.comments?.[index] ?? '' });
  }
}

function putSources(policy: Policy, spelled: SpelledFrontends): void {
  for (const [index, source] of spelled.sources?.entries() ?? []) {
    const [address, prefix] = source.split('/') as [Address, string];
    policy.allow(frontendAt(spelled, index), cidrFrom(address, Number(prefix)));
  }
}

function insideAt(spelled: SpelledFrontends, index: number): Frontend {
  return insideOf(frontendAt(spelled, index), spelled.marks?.[index] ?? 0);
}

function frontendAt({ keys, ports, protocol }: SpelledFrontends, index: number): Frontend {
  const key = keys[index] as FrontendKey;
  return { key, address: addressOf(key), port: ports[index] as number, protocol, mark: 0 };
}
