import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Addon, KernelHandle } from '../../src/kernel/native/addon.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: vi.fn(),
}));

// Test files share their modules: those that another file has loaded know the real node:os.
vi.resetModules();
const { NetlinkKernel } = await import('../../src/kernel/netlink/netlink-kernel.js');
const { networkInterfaces } = await import('node:os');

const eth0 = (address: string) => ({
  eth0: [{ address, cidr: `${address}/24`, internal: false }] as never,
});

/** No change of a certain kind: only that there was one. */
const NO_RECORDS = new Uint8Array(new Uint32Array([20, 0, 0, 0]).buffer).buffer;

class WatchedHandle {
  static notify: (changes: ArrayBuffer) => void = () => undefined;

  watch(callback: (changes: ArrayBuffer) => void): void {
    WatchedHandle.notify = callback;
  }
}

const ADDON: Addon = {
  abi: 0,
  libnl: 'none',
  KernelHandle: WatchedHandle as unknown as new () => KernelHandle,
  setErrorClass: () => undefined,
};

describe('the interfaces of the node', () => {
  beforeEach(() => {
    vi.mocked(networkInterfaces).mockReset().mockReturnValue(eth0('192.0.2.7'));
  });

  it('are listed once, however often they are asked for, until a notification comes', () => {
    const kernel = new NetlinkKernel(ADDON, PLAIN_RULES);
    kernel.watch(() => undefined);
    for (let turn = 0; turn < 3; turn++) {
      expect(kernel.nodeAddresses()).toEqual(['192.0.2.7']);
      expect(kernel.reservedAddresses()).toContainEqual({
        address: '192.0.2.255',
        use: 'broadcast',
        port: 0,
      });
    }
    expect(networkInterfaces).toHaveBeenCalledTimes(1);
    vi.mocked(networkInterfaces).mockReturnValue(eth0('192.0.2.8'));
    WatchedHandle.notify(NO_RECORDS);
    expect(kernel.nodeAddresses()).toEqual(['192.0.2.8']);
  });

  it('are listed each time where nobody watches for changes', () => {
    const kernel = new NetlinkKernel(ADDON, PLAIN_RULES);
    kernel.nodeAddresses();
    vi.mocked(networkInterfaces).mockReturnValue(eth0('192.0.2.8'));
    expect(kernel.nodeAddresses()).toEqual(['192.0.2.8']);
  });
});
