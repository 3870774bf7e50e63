import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { loadAddon } from '../../src/kernel/native/addon.js';
import { DEVICE, NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { TABLE } from '../../src/kernel/packet-table/packet-table.js';
import { type Address, familyOf } from '../../src/model/address.js';
import type { Frontend, FrontendKey } from '../../src/model/frontend.js';
import { hostPort } from '../../src/model/frontend.js';
import type { Protocol } from '../../src/model/protocol.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import type { KernelFixture } from '../contract/contract-subject.js';

const run = promisify(execFile);

/** The real kernel, in the namespace of this process; another program is played by ipvsadm, ip and nft. */
export async function netlinkFixture(vipBinding: VipBinding = 'addresses'): Promise<KernelFixture> {
  if (process.env.KUBE_IPVS_PROXY_TEST_KERNEL !== '1')
    throw new Error('this test empties IPVS: run it with `npm run test:kernel`, in a kernel made for it');
  await run('ip', ['link', 'set', 'lo', 'up']);
  const kernel = new NetlinkKernel(loadAddon(), { ...PLAIN_RULES, vipBinding });
  return {
    vipBinding,
    kernel,
    outsider: {
      async addVirtualServer(frontend) {
        await run('ipvsadm', ['-A', ...ipvsadmWords(frontend), '-s', 'wlc']);
      },
      async removeVirtualServer(frontend) {
        await run('ipvsadm', ['-D', ...ipvsadmWords(frontend)]);
      },
      async editVirtualServer(frontend) {
        await run('ipvsadm', ['-E', ...ipvsadmWords(frontend), '-s', 'wlc']);
      },
      listVirtualServers,
      async removeAddress(address) {
        await run('ip', unbinding(address, vipBinding));
      },
      async removeDevice() {
        await run('ip', ['link', 'del', DEVICE]);
      },
      async removeTable() {
        await run('nft', ['delete', 'table', 'inet', TABLE]);
      },
      async spoil(part) {
        if (part === 'table') await run('nft', ['flush', 'chain', 'inet', TABLE, 'guard']);
        else await writeFile('/proc/sys/net/ipv4/vs/conntrack', '0');
      },
    },
    async dispose() {
      await kernel.close();
      await run('ipvsadm', ['-C']);
      await run('ip', ['link', 'del', DEVICE]).catch(() => undefined);
      for (const family of ['-4', '-6'])
        await run('ip', [family, 'route', 'flush', 'table', 'local', 'proto', '105']).catch(() => undefined);
      await run('nft', ['delete', 'table', 'inet', TABLE]).catch(() => undefined);
    },
  };
}

const OPTIONS: Readonly<Record<Protocol, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' };

function ipvsadmWords({ address, port, protocol }: Frontend): string[] {
  return [OPTIONS[protocol], hostPort(address, port)];
}

function unbinding(address: Address, vipBinding: VipBinding): string[] {
  return vipBinding === 'routes'
    ? ['route', 'del', 'local', address, 'dev', 'lo', 'table', 'local', 'proto', '105']
    : ['address', 'del', `${address}/${prefixLength(address)}`, 'dev', DEVICE];
}

function prefixLength(address: Address): number {
  return familyOf(address) === 'IPv4' ? 32 : 128;
}

// ipvsadm -Sn prints `-A -t 10.96.0.10:80 -s rr`, one line for each virtual server.
async function listVirtualServers(): Promise<FrontendKey[]> {
  const { stdout } = await run('ipvsadm', ['-Sn']);
  return [...stdout.matchAll(/^-A (\S+) (\S+)/gm)].map(([, option, place]) => {
    const protocol = Object.entries(OPTIONS).find(([, letter]) => letter === option)?.[0];
    return `${place}/${protocol}` as FrontendKey;
  });
}
