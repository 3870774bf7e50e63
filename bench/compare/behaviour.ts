import { spawnSync } from 'node:child_process';
import { type PeerReply, Peers, type Target } from '../../lab/peers.js';
import { pod, SERVICE_PORT, TARGET_PORT, vip } from '../kernel/content.js';
import { connectMeanwhile } from './background.js';
import type { Behaviour, Behaviours } from './cell-results.js';
import { evenness } from './chi-square.js';
import type { Programmer } from './contenders.js';
import type { Network } from './network.js';
import type { RuleService } from './rule-service.js';

/** Where the pods of lab/peers listen; the servers of tools/answer.c have all addresses of another port. */
const POD_PORT = 9376;
const ASKED = 12;
/** Of the distribution. */
const CONNECTIONS = 600;
/** Milliseconds. */
const PATIENCE = 1500;

/** What packets meet on a node that is programmed so: each answer is of real connections of a pod. */
export async function behavioursOf(
  programmer: Programmer,
  network: Network,
  tools: string,
): Promise<Behaviours> {
  const peers = await Peers.start();
  const scene = new Scene(programmer, network, peers);
  try {
    await scene.begin();
    return {
      spread: spreadOf(network, tools),
      affinity: await scene.affinity(),
      ...(await scene.drain()),
      ...(await scene.datagrams()),
      ...(await restart(scene, tools)),
    };
  } finally {
    peers.stop();
  }
}

function service(
  number: number,
  name: string,
  pods: readonly number[],
  more: Partial<RuleService> = {},
): RuleService {
  const endpoints = pods.map((place) => ({ address: pod(place), port: POD_PORT, isLocal: false }));
  return {
    namespace: 'bench',
    name,
    portName: '',
    address: vip(number),
    port: SERVICE_PORT,
    endpoints,
    ...more,
  };
}

const PLAIN: RuleService = {
  ...service(0, 'plain', []),
  endpoints: Array.from({ length: 10 }, (_, place) => ({
    address: pod(100 + place),
    port: TARGET_PORT,
    isLocal: false,
  })),
};
const HELD = service(1, 'held', [0, 1, 2]);
const UDP = service(2, 'datagrams', [3, 4, 5], { protocol: 'UDP' });
const STICKY = service(3, 'sticky', [6, 7, 8], { affinity: 10_800 });

class Scene {
  readonly programmer: Programmer;
  readonly network: Network;
  readonly peers: Peers;
  #services: readonly RuleService[] = [PLAIN, HELD, UDP, STICKY];

  constructor(programmer: Programmer, network: Network, peers: Peers) {
    this.programmer = programmer;
    this.network = network;
    this.peers = peers;
  }

  async begin(): Promise<void> {
    const servers = this.network.namespace('servers');
    for (const { endpoints, protocol = 'TCP' } of [HELD, UDP, STICKY])
      for (const { address } of endpoints)
        await this.peers.serve(servers, protocol, address, POD_PORT, address);
    await this.programmer.begin(this.#services);
  }

  async affinity(): Promise<Behaviour> {
    const first = new Set(await this.#askMany(STICKY));
    const [kept = ''] = first;
    await this.#takeOut(STICKY, kept);
    const then = new Set(await this.#askMany(STICKY));
    const isHeld =
      first.size === 1 && kept !== NOBODY && then.size === 1 && !then.has(kept) && !then.has(NOBODY);
    return { isHeld, seen: `${podsText(first)}; when it was gone: ${podsText(then)}` };
  }

  /** A TCP connection whose endpoint is taken out, and new ones after that. */
  async drain(): Promise<Pick<Behaviours, 'openConnection' | 'newConnections'>> {
    const held = await this.hold(HELD);
    const own = podOf(held);
    await this.#takeOut(HELD, own);
    const again = podOf(await this.peers.again(held.number));
    const others = new Set(await this.#askMany(HELD));
    return {
      openConnection: { isHeld: own !== NOBODY && again === own, seen: `first ${own}, then ${again}` },
      newConnections: { isHeld: !others.has(own) && !others.has(NOBODY), seen: podsText(others) },
    };
  }

  /** A client that keeps its port and goes on sending once its pod is gone. */
  async datagrams(): Promise<Pick<Behaviours, 'datagrams' | 'datagramsThen'>> {
    const held = await this.hold(UDP);
    const own = podOf(held);
    await this.#takeOut(UDP, own);
    const again = podOf(await this.peers.again(held.number));
    const isHeld = own !== NOBODY && again !== own && again !== NOBODY;
    const datagrams = { isHeld, seen: `first ${own}, then ${again}` };
    if (isHeld) return { datagrams };
    const words = ['-p', 'udp', '--orig-dst', UDP.address, '--reply-src', own];
    const [command = '', ...rest] = this.network.inside('node', ['conntrack', '-D', ...words]);
    if (spawnSync(command, rest).status !== 0) return { datagrams };
    const then = podOf(await this.peers.again(held.number));
    return { datagrams, datagramsThen: { isHeld: then !== own && then !== NOBODY, seen: `then ${then}` } };
  }

  hold({ address, port, protocol = 'TCP' }: RuleService): Promise<PeerReply> {
    return this.peers.hold(this.network.namespace('client'), { address, port, protocol, patience: PATIENCE });
  }

  async #askMany({ address, port, protocol = 'TCP' }: RuleService): Promise<string[]> {
    const target: Target = { address, port, protocol, patience: PATIENCE };
    const pods: string[] = [];
    for (let index = 0; index < ASKED; index++)
      pods.push(podOf(await this.peers.ask(this.network.namespace('client'), target)));
    return pods;
  }

  async #takeOut({ name }: RuleService, address: string): Promise<void> {
    this.#services = this.#services.map((service) =>
      service.name === name
        ? { ...service, endpoints: service.endpoints.filter((endpoint) => endpoint.address !== address) }
        : service,
    );
    await this.programmer.put(this.#services);
  }

  restart(): Promise<void> {
    return this.programmer.restart(this.#services);
  }
}

const NOBODY = 'nobody';

function podOf({ good, words }: PeerReply): string {
  return good ? (words[0] ?? NOBODY) : NOBODY;
}

function podsText(pods: ReadonlySet<string>): string {
  return [...pods].join(', ');
}

function spreadOf(network: Network, tools: string): Behaviours['spread'] {
  const lines = Array.from({ length: CONNECTIONS }, () => `${PLAIN.address} ${SERVICE_PORT}`);
  const counts = new Map<string, number>();
  for (const line of network
    .run('client', [`${tools}/connect`, '0'], lines.join('\n'))
    .trim()
    .split('\n')) {
    const [took, address = ''] = line.split(' ');
    if (took !== 'failed') counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return { ...evenness([...counts.values()], PLAIN.endpoints.length), counts: [...counts.values()] };
}

async function restart(scene: Scene, tools: string): Promise<Pick<Behaviours, 'restartOpen' | 'restartNew'>> {
  const held = await scene.hold(HELD);
  const { nanoseconds, failed } = await connectMeanwhile(
    scene.network,
    tools,
    [`${PLAIN.address} ${SERVICE_PORT}`],
    () => scene.restart(),
  );
  const [own, again] = [podOf(held), podOf(await scene.peers.again(held.number))];
  const seen = `${failed} of ${nanoseconds.length + failed} failed`;
  return {
    restartOpen: { isHeld: own !== NOBODY && own === again, seen: `first ${own}, then ${again}` },
    restartNew: { isHeld: failed === 0 && nanoseconds.length > 0, seen },
  };
}
