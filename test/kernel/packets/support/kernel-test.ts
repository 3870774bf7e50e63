/** Where IPVS is: scripts/test-kernel/run says so. Elsewhere the kernel's tests are skipped. */
export const IN_TEST_KERNEL =
  process.env.KUBE_IPVS_PROXY_TEST_KERNEL === '1' || process.env.TEST_KERNEL !== undefined;
