import type { Address } from '../../model/address.js';
import type { Frontend } from '../../model/frontend.js';
import type { RuleFact } from '../../model/kernel-facts.js';
import { keyOf, nameOfFamily, type SeenChain, type SeenRule } from '../nf-tables/ruleset-decoder.js';
import { TABLE } from '../packet-table/packet-table.js';
import { judgeRule, type Packet, packetTo, type Verdict } from './rule-match.js';

/** A frontend as packets to it meet rules. */
interface PacketTarget {
  readonly frontend: Frontend;
  readonly isLocal: boolean;
  /** We settle the destination of its connections before others do. */
  readonly isGuarded: boolean;
}

/** NF_INET_* by number; before IPVS comes what is hooked there below the priority. */
const HOOKS = [
  { number: 0, name: 'prerouting', before: 1_000_000 },
  { number: 1, name: 'input', before: 97 },
  { number: 3, name: 'output', before: -99 },
] as const;

/** Of our own rule that settles the destination of a connection to a guarded VIP. */
const SETTLED = -110;

/** Behind this it is known what is new. */
const CONNTRACK = -200;
const INET = 1;

const DEEPEST = 16;

/**
 * What rules of other programs do to new connections to a frontend before IPVS sees them. It goes through them as the
 * kernel does, with what is known of the packet: whatever cannot be told (an address in a set, the client, a mark)
 * leaves it open whether a rule matches, and then nothing that follows is certain.
 */
export function foreignRules(
  chains: readonly SeenChain[],
  target: PacketTarget,
  client: Address | undefined,
): RuleFact[] {
  const others = new Map(
    chains.flatMap((chain) =>
      chain.table === TABLE ? [] : [[keyOf(chain.family, chain.table, chain.name), chain]],
    ),
  );
  return HOOKS.flatMap((hook) => {
    const based = [...others.values()]
      .filter((chain) => chain.hook?.number === hook.number && chain.hook.priority < hook.before)
      .sort((a, b) => priorityOf(a) - priorityOf(b));
    return based.flatMap((chain) =>
      walked(chain, hook.name, others, target, client).map((found) => ({
        ...found,
        frontend: target.frontend.key,
        hook: hook.name,
      })),
    );
  });
}

function walked(
  chain: SeenChain,
  hook: RuleFact['hook'],
  chains: ReadonlyMap<string, SeenChain>,
  { frontend, isLocal, isGuarded }: PacketTarget,
  client: Address | undefined,
): Found[] {
  const priority = priorityOf(chain);
  const packet = packetTo(frontend, {
    source: hook === 'output' ? undefined : client,
    isLocal,
    isLoopback: hook === 'output' ? undefined : false,
    isTracked: priority > CONNTRACK,
  });
  if (chain.family !== INET && chain.family !== packet.nfproto) return [];
  const walk = new ChainWalk(chains, packet);
  walk.base(chain);
  const isSettled = isGuarded && priority > SETTLED;
  return walk.found.filter(({ effect }) => !(isSettled && effect === 'rewrites'));
}

function priorityOf({ hook }: SeenChain): number {
  return hook?.priority ?? 0;
}

function isStop({ kind }: Verdict): boolean {
  return kind === 'drops' || kind === 'rejects';
}

type Found = Omit<RuleFact, 'frontend' | 'hook'>;
/** Whether the packet's way through the chain ended there. */
type Ended = 'yes' | 'no' | 'maybe';

class ChainWalk {
  readonly found: Found[] = [];
  readonly #chains: ReadonlyMap<string, SeenChain>;
  readonly #packet: Packet;

  constructor(chains: ReadonlyMap<string, SeenChain>, packet: Packet) {
    this.#chains = chains;
    this.#packet = packet;
  }

  base(chain: SeenChain): void {
    const ended = this.#walk(chain, true, 0);
    if (chain.hook?.drops === true && ended !== 'yes') this.#note(chain, undefined, 'drops', ended === 'no');
  }

  /** `isCertain`: every packet to the frontend comes here. */
  #walk(chain: SeenChain, isCertain: boolean, depth: number): Ended {
    // Whether some may have left this chain already. A stop that is about something else (a mark, a client) is none of
    // the frontend's.
    let isOpen = false;
    for (const rule of chain.rules) {
      const result = judgeRule(rule, this.#packet);
      const { match, verdict } = result;
      if (match === 'no' || verdict === undefined) continue;
      if (isStop(verdict) && match === 'unknown' && !result.isAboutTarget) continue;
      const ended = this.#perform(chain, rule, verdict, isCertain && !isOpen && match === 'yes', depth);
      const isLast = ended === 'yes' || verdict.kind === 'return' || verdict.kind === 'goto';
      if (match === 'yes' && isLast) return isOpen ? 'maybe' : ended;
      // Whoever was stopped lets nobody else pass.
      isOpen ||= !isStop(verdict) && (isLast || ended === 'maybe');
    }
    return isOpen ? 'maybe' : 'no';
  }

  #perform(chain: SeenChain, rule: SeenRule, verdict: Verdict, isCertain: boolean, depth: number): Ended {
    switch (verdict.kind) {
      case 'return':
        return 'no';
      case 'accept':
        return 'yes';
      case 'jump':
      case 'goto':
        return this.#follow(chain, verdict.chain, isCertain, depth);
      default:
        this.#note(chain, rule.handle, verdict.kind, isCertain);
        return 'yes';
    }
  }

  #follow({ family, table }: SeenChain, name: string, isCertain: boolean, depth: number): Ended {
    const target = this.#chains.get(keyOf(family, table, name));
    return target === undefined || depth > DEEPEST ? 'maybe' : this.#walk(target, isCertain, depth + 1);
  }

  #note(
    { family, table, name }: SeenChain,
    handle: number | undefined,
    effect: RuleFact['effect'],
    isCertain: boolean,
  ) {
    this.found.push({
      family: nameOfFamily(family),
      table,
      chain: name,
      handle,
      effect,
      isCertain,
    });
  }
}
