import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FreshNamespace, IN_TEST_KERNEL } from '../native/fresh-namespace.js';
import { IN_FULL_KERNEL } from './packets/support/kernel-test.js';

const SET = 'KUBE-CLUSTER-IP';

describe.skipIf(!IN_TEST_KERNEL)('sets of ip_set through the addon', () => {
  let space: FreshNamespace;

  beforeEach(() => {
    space = new FreshNamespace();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  function makeSet(): void {
    space.run('ipset', 'create', SET, 'hash:ip,port');
    space.run('ipset', 'add', SET, '10.96.0.1,tcp:443');
  }

  it('that do not exist are distinguished from those that do', async () => {
    expect(await space.handle.findIpset(SET)).toBe(false);
    expect(await space.handle.flushIpset(SET)).toBe(false);
    expect(await space.handle.destroyIpset(SET)).toBe(false);
    makeSet();
    expect(await space.handle.findIpset(SET)).toBe(true);
  });

  it('are emptied and destroyed by name, and no other with them', async () => {
    makeSet();
    space.run('ipset', 'create', 'other', 'hash:ip');
    expect(await space.handle.flushIpset(SET)).toBe(true);
    expect(space.run('ipset', 'save', SET).trim().split('\n')).toHaveLength(1);
    expect(await space.handle.destroyIpset(SET)).toBe(true);
    expect(space.run('ipset', 'list', '-n').trim()).toBe('other');
  });

  it.skipIf(!IN_FULL_KERNEL)('that a rule refers to can be emptied but not destroyed', async () => {
    makeSet();
    space.run('iptables-legacy', '-A', 'INPUT', '-m', 'set', '--match-set', SET, 'dst,dst', '-j', 'ACCEPT');
    await expect(space.handle.destroyIpset(SET)).rejects.toThrow(
      expect.objectContaining({ code: 'EBUSY', syscall: 'ipset.destroy' }),
    );
    expect(await space.handle.flushIpset(SET)).toBe(true);
  });

  it('are never all of them, as an empty name would say to the kernel', async () => {
    makeSet();
    await expect(space.handle.destroyIpset('')).rejects.toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(await space.handle.findIpset(SET)).toBe(true);
  });
});
