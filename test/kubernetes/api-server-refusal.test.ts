import { describe, expect, it } from 'vitest';
import { apiServerRefusal, serverAddresses } from '../../src/kubernetes/transport/server-way.js';

const OWN = { serviceCIDRs: ['10.96.0.0/12', 'fd00:10:96::/112'], kubernetesServiceIPs: ['10.96.0.1'] };

describe('an API server', () => {
  it.each(['10.96.0.1', '10.111.255.254', 'fd00:10:96::1'])(
    'at %s, an address that we make work ourselves, is refused with the way out',
    (address) => {
      const refusal = apiServerRefusal(['192.0.2.10', address], OWN);
      expect(refusal).toContain(`configured at ${address}, a ClusterIP`);
      expect(refusal).toContain('Set clientConnection.kubeconfig, or KUBERNETES_SERVICE_HOST');
    },
  );

  it.each(['::ffff:10.96.0.1', '::ffff:a60:1'])('at %s is refused as at 10.96.0.1', (address) => {
    expect(apiServerRefusal([address], OWN)).toContain('configured at 10.96.0.1, a ClusterIP');
  });

  it('is refused at the ClusterIP of default/kubernetes though no subnet is known', () => {
    const own = { serviceCIDRs: [], kubernetesServiceIPs: ['10.96.0.1', 'fd00:10:96::1'] };
    expect(apiServerRefusal(['fd00:10:96::1'], own)).toBeDefined();
    expect(apiServerRefusal(['10.96.0.2'], own)).toBeUndefined();
  });

  it.each(['192.0.2.10', '10.112.0.1', '2001:db8::1', '127.0.0.1'])('at %s may be used', (address) => {
    expect(apiServerRefusal([address], OWN)).toBeUndefined();
  });

  it('is not refused for what is no address: a headless Service, a name, a broken subnet', () => {
    const own = { serviceCIDRs: ['10.96.0.0', 'none/8', '10.96.0.0/33'], kubernetesServiceIPs: ['None'] };
    expect(apiServerRefusal(['10.96.0.1', 'kubernetes', ''], own)).toBeUndefined();
  });

  it('is where its URL says', async () => {
    expect(await serverAddresses(new URL('https://192.0.2.10:6443'))).toEqual(['192.0.2.10']);
    expect(await serverAddresses(new URL('https://[2001:db8::1]:6443'))).toEqual(['2001:db8::1']);
  });

  it('with a name has the addresses of the name, or none where it cannot be resolved', async () => {
    const local = await serverAddresses(new URL('https://localhost'));
    expect(local.every((address) => ['127.0.0.1', '::1'].includes(address))).toBe(true);
    expect(local).not.toEqual([]);
  });
});
