import { describe, expect, it } from 'vitest';
import { errnoName, NetlinkError } from '../../src/kernel/native/netlink-error.js';

describe('NetlinkError', () => {
  it("has the shape of Node's own errors", () => {
    const error = new NetlinkError(-1, 'ipvs.dump');
    expect(error).toMatchObject({ name: 'NetlinkError', code: 'EPERM', errno: -1, syscall: 'ipvs.dump' });
    expect(error.message).toBe('ipvs.dump: EPERM');
    expect('extAck' in error).toBe(false);
  });

  it("carries the kernel's own words", () => {
    const error = new NetlinkError(-22, 'nft.apply', 'Set not found');
    expect(error.extAck).toBe('Set not found');
    expect(error.message).toBe('nft.apply: EINVAL, Set not found');
  });

  it('names errnos that libuv does not know', () => {
    expect([-17, -3, -105, -74, -524, -3999].map(errnoName)).toEqual([
      'EEXIST',
      'ESRCH',
      'ENOBUFS',
      'EBADMSG',
      'ENOTSUPP',
      'E3999',
    ]);
  });
});
