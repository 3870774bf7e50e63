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
interface Place {
  readonly node?: string | undefined;
  readonly zone?: string | undefined;
}

/** The weights by many rules, of which the first that fits decides: worked out once, asked for each endpoint. */
export class WeightTable {
  readonly #byZone = new Map<string, Ranked>();
  readonly #byNode = new Map<string, Ranked>();
  #any: Ranked = { rank: Number.POSITIVE_INFINITY, weight: PLAIN_WEIGHT };

  constructor(rules: readonly WeightRule[]) {
    for (const [rank, rule] of rules.entries()) {
      // No rule behind this one is ever asked.
      if (rule.kind === 'any') {
        this.#any = { rank, weight: rule.weight };
        return;
      }
      const known = rule.kind === 'zone' ? this.#byZone : this.#byNode;
      if (!known.has(rule.name)) known.set(rule.name, { rank, weight: rule.weight });
    }
  }

  /** The weight of every endpoint; undefined where it depends on the place. */
  get evenWeight(): number | undefined {
    return this.#byNode.size + this.#byZone.size === 0 ? this.#any.weight : undefined;
  }

  at({ node, zone }: Place): number {
    const byNode = (node !== undefined && this.#byNode.get(node)) || this.#any;
    const byZone = (zone !== undefined && this.#byZone.get(zone)) || this.#any;
    return byNode.rank < byZone.rank ? byNode.weight : byZone.weight;
  }
}

interface Ranked {
  /** By place among the rules; the least decides. */
  readonly rank: number;
  readonly weight: number;
}
