/** Where IPVS is: scripts/test-kernel/run says so. Elsewhere the kernel's tests are skipped. */
export const IN_TEST_KERNEL =
  process.env.KUBE_IPVS_PROXY_TEST_KERNEL === '1' || process.env.TEST_KERNEL !== undefined;

/** Where kube-proxy's own rules can be laid down as well: the small user-mode kernel lacks iptables' extensions. */
export const IN_FULL_KERNEL = IN_TEST_KERNEL && process.env.TEST_KERNEL !== 'uml';
