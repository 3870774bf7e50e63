import { expect, it } from 'vitest';
import { PROXY_SCHEMA } from '../../src/config/proxy-document.js';
import { fieldPaths } from '../../src/config/schema-fields.js';
import { WITHOUT_EFFECT } from '../../src/config/without-effect.js';

/** Typed by hand from kube-proxy's types.go (1.37), LoggingConfiguration and ClientConnectionConfiguration. */
const FIELDS = `
apiVersion kind featureGates
clientConnection.kubeconfig clientConnection.acceptContentTypes clientConnection.contentType clientConnection.qps
clientConnection.burst
logging.format logging.flushFrequency logging.verbosity logging.vmodule logging.options.text.splitStream
logging.options.text.infoBufferSize logging.options.json.splitStream logging.options.json.infoBufferSize
hostnameOverride bindAddress healthzBindAddress metricsBindAddress bindAddressHardFail enableProfiling
showHiddenMetricsForVersion mode
iptables.masqueradeBit iptables.masqueradeAll iptables.localhostNodePorts iptables.snatNodeInternalIP
iptables.syncPeriod iptables.minSyncPeriod
ipvs.syncPeriod ipvs.minSyncPeriod ipvs.scheduler ipvs.excludeCIDRs ipvs.strictARP ipvs.tcpTimeout ipvs.tcpFinTimeout
ipvs.udpTimeout
nftables.masqueradeBit nftables.masqueradeAll nftables.syncPeriod nftables.minSyncPeriod
winkernel.networkName winkernel.sourceVip winkernel.enableDSR winkernel.rootHnsEndpointName
winkernel.forwardHealthCheckVip
detectLocalMode detectLocal.bridgeInterface detectLocal.interfaceNamePrefix clusterCIDR nodePortAddresses oomScoreAdj
conntrack.maxPerCore conntrack.min conntrack.tcpEstablishedTimeout conntrack.tcpCloseWaitTimeout conntrack.tcpBeLiberal
conntrack.udpTimeout conntrack.udpStreamTimeout
configSyncPeriod portRange udpIdleTimeout windowsRunAsService`
  .trim()
  .split(/\s+/);

it("every field of kube-proxy's configuration is known, and no other", () => {
  expect(fieldPaths(PROXY_SCHEMA).sort()).toEqual([...FIELDS].sort());
});

it('what is said to be without effect are fields', () => {
  expect(Object.keys(WITHOUT_EFFECT).filter((path) => !FIELDS.includes(path))).toEqual([]);
});
