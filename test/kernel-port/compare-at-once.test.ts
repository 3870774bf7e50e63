import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { NetlinkError } from '../../src/kernel/native/netlink-error.js';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { addonWith } from '../support/kernel-handle.js';

const { EOPNOTSUPP, EPERM } = constants.errno;

/** A kernel that refuses to list its virtual servers all at once. */
function refusing(errno: number): NetlinkKernel {
  class RefusingHandle {
    async walkVirtualServers(): Promise<never> {
      throw new NetlinkError(-errno, 'ipvs.walk');
    }
  }
  return new NetlinkKernel(addonWith(RefusingHandle), PLAIN_RULES);
}

it('a kernel without getsockopt for IPVS compares no family at once, so that the audit looks at each by itself', async () => {
  const { families, changed } = await refusing(EOPNOTSUPP).compareAtOnce(new Map(), true);
  expect({ families, changed }).toEqual({ families: [], changed: [] });
});

it('a comparison at once that fails otherwise is an error, and not taken for nothing having changed', async () => {
  await expect(refusing(EPERM).compareAtOnce(new Map(), true)).rejects.toThrow('ipvs.walk: EPERM');
});
