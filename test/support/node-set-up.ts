import type { NodeSetUp } from '../../src/kernel/node/node-set-up.js';

/** kube-proxy's defaults. */
export const DEFAULT_NODE_SET_UP: NodeSetUp = {
  conntrack: {
    maxPerCore: 32_768,
    min: 131_072,
    tcpEstablishedTimeout: 86_400,
    tcpCloseWaitTimeout: 3_600,
    udpTimeout: 0,
    udpStreamTimeout: 0,
    tcpBeLiberal: false,
  },
  ipvs: {
    timeouts: { tcp: 0, tcpFin: 0, udp: 0 },
    estimation: true,
    estimationCpus: undefined,
    estimationNice: undefined,
    connectionLoadFactor: undefined,
    serviceLoadFactor: undefined,
  },
  strictArp: false,
  oomScoreAdj: -999,
};
