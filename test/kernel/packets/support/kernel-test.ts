import type { VipBinding } from '../../../../src/model/vip-binding.js';

/** Where IPVS is: scripts/test-kernel/run says so. Elsewhere the kernel's tests are skipped. */
export const IN_TEST_KERNEL =
  process.env.KUBE_IPVS_PROXY_TEST_KERNEL === '1' || process.env.TEST_KERNEL !== undefined;

/**
 * Whether every packet test has other programs' rules on its node (test/kernel/neighbours): asked for, not usual.
 * firewalld refuses there what is neither for a Service nor its reply, so tests of other packets are not run.
 */
export const WITH_NEIGHBOURS = process.env.KUBE_IPVS_PROXY_TEST_NEIGHBOURS === '1';

/** Where kube-proxy's own rules can be laid down as well: the small user-mode kernel lacks iptables' extensions. */
export const IN_FULL_KERNEL = IN_TEST_KERNEL && process.env.TEST_KERNEL !== 'uml';

/** How the agents of all packet tests bind VIPs, unless a test says so itself: `routes` is asked for, not usual. */
export const VIP_BINDING: VipBinding =
  process.env.KUBE_IPVS_PROXY_TEST_VIP_BINDING === 'routes' ? 'routes' : 'addresses';
