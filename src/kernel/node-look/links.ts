import { readdir } from 'node:fs/promises';
import type { LinkFact } from '../../model/node-condition.js';
import { type NodePlaces, readIfThere } from '../node/node-files.js';

interface Device {
  readonly name: string;
  readonly index: number;
  /** Of the device that it is bound to; its own where there is none. */
  readonly below: number;
  readonly mtu: number;
  /** `vxlan`, `bridge`, or the ARPHRD_* number of a device without such a word. */
  readonly type: string;
}

/** What each kind of tunnel adds to a packet over IPv4 (ip6tnl: over IPv6). */
const OVERHEADS: Readonly<Record<string, number>> = {
  vxlan: 50,
  geneve: 50,
  wireguard: 60,
  '768': 20, // ARPHRD_TUNNEL, IP in IP
  '769': 40, // ARPHRD_TUNNEL6
  '778': 24, // ARPHRD_IPGRE
};

const UP = 1;

/** The bridges that CNI's plugin bridge and kubenet make; those of Docker and virtual machines have other names. */
const POD_BRIDGE = /^c(?:ni|br)\d/;

/** The devices whose MTU decides what gets from a pod to another node: uplinks, tunnels, bridges of pods. */
export async function readLinks({ proc, sys }: NodePlaces): Promise<LinkFact[]> {
  const folder = `${sys}/class/net`;
  const names = await readdir(folder);
  const devices = (await Promise.all(names.map((name) => deviceOf(folder, name)))).flatMap(
    (device) => device ?? [],
  );
  const uplinks = defaultDevices((await readIfThere(`${proc}/net/route`)) ?? '');
  const byDefault = devices.find(({ name }) => uplinks.has(name));
  return devices.flatMap((device) => linkOf(device, devices, uplinks, byDefault));
}

function linkOf(
  device: Device,
  devices: readonly Device[],
  uplinks: ReadonlySet<string>,
  byDefault: Device | undefined,
): LinkFact[] {
  const { name, mtu, type } = device;
  if (uplinks.has(name)) return [{ name, mtu, kind: 'uplink', overhead: 0, below: undefined }];
  const overhead = OVERHEADS[type];
  if (overhead === undefined)
    return type === 'bridge' && POD_BRIDGE.test(name)
      ? [{ name, mtu, kind: 'pod bridge', overhead: 0, below: undefined }]
      : [];
  const bound = devices.find(({ index }) => index === device.below && index !== device.index);
  const below = bound ?? byDefault;
  const place = below && { name: below.name, mtu: below.mtu };
  return [{ name, mtu, kind: 'tunnel', overhead, below: place }];
}

// It may have gone since it was listed.
async function deviceOf(folder: string, name: string): Promise<Device | undefined> {
  const read = (file: string) => readIfThere(`${folder}/${name}/${file}`).catch(() => undefined);
  const [flags, mtu, type, event = '', index, below] = await Promise.all(
    ['flags', 'mtu', 'type', 'uevent', 'ifindex', 'iflink'].map(read),
  );
  if (flags === undefined || mtu === undefined || (Number(flags) & UP) === 0) return undefined;
  const [, word] = /^DEVTYPE=(\w+)$/m.exec(event) ?? [];
  return { name, mtu: Number(mtu), type: word ?? type ?? '', index: Number(index), below: Number(below) };
}

// `eth0 00000000 …`: the destination of a default route is 0, and so is its mask, the eighth word.
function defaultDevices(table: string): ReadonlySet<string> {
  const rows = table.split('\n').map((line) => line.split(/\s+/));
  return new Set(
    rows.flatMap(([name = '', destination, , , , , , mask]) =>
      destination === '00000000' && mask === '00000000' ? name : [],
    ),
  );
}
