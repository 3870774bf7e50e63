import { describe, expect, it } from 'vitest';
import { liveService } from '../../src/api-objects/service.js';

const WEB = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.1',
    selector: { app: 'web', tier: 'front' },
    ports: [{ name: 'http', port: 80, targetPort: 'web' }, { port: 81 }],
  },
};

describe('a Service as the API server sends it', () => {
  it('tells what no proxy needs: selector, target ports, type', () => {
    expect(liveService(WEB, undefined)).toEqual({
      type: 'NodePort',
      proxyName: undefined,
      leftAlone: undefined,
      selector: 'app=web,tier=front',
      targetPorts: { http: 'web', '': '81' },
    });
  });

  it('tells whose it is by its label', () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'cilium' };
    const object = { ...WEB, metadata: { ...WEB.metadata, labels } };
    expect(liveService(object, undefined)).toMatchObject({
      proxyName: 'cilium',
      leftAlone: { isOtherProxys: true, because: expect.stringContaining('service-proxy-name') },
    });
    expect(liveService(object, 'cilium').leftAlone).toBeUndefined();
    expect(liveService(WEB, 'cilium').leftAlone).toMatchObject({ isOtherProxys: true });
  });

  it('tells why no proxy serves it', () => {
    const headless = { ...WEB, spec: { ...WEB.spec, clusterIP: 'None' } };
    expect(liveService(headless, undefined).leftAlone).toEqual({
      because: 'it is headless',
      isOtherProxys: false,
    });
  });

  it.each([undefined, null, 7, {}, { spec: 7 }, { spec: { selector: [], ports: 7 } }])(
    'may be anything: %j',
    (value) => {
      expect(liveService(value, undefined)).toMatchObject({
        type: 'ClusterIP',
        selector: undefined,
        targetPorts: {},
      });
    },
  );
});
