/**
 * Gives endpoints of one place a share of new connections. `weight` is 1–65535, in relation to the other endpoints of
 * the Service; 0 cannot be asked for, since a server of weight 0 is one that drains.
 */
export type WeightRule =
  | { readonly kind: 'zone'; readonly name: string; readonly weight: number }
  | { readonly kind: 'node'; readonly name: string; readonly weight: number }
  | { readonly kind: 'any'; readonly weight: number };

/** What an endpoint has that no rule speaks of. */
export const PLAIN_WEIGHT = 1;

/** Where an endpoint is, as far as its slice says. */
export interface Place {
  readonly node?: string | undefined;
  readonly zone?: string | undefined;
}

/** The weight by the first rule that fits. */
export function weightAt(rules: readonly WeightRule[], place: Place): number {
  for (const rule of rules) if (fits(rule, place)) return rule.weight;
  return PLAIN_WEIGHT;
}

function fits(rule: WeightRule, place: Place): boolean {
  return rule.kind === 'any' || rule.name === place[rule.kind];
}
