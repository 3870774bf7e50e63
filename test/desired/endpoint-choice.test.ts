import { describe, expect, it } from 'vitest';
import { chooseEndpoints } from '../../src/desired/endpoint-choice.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import type { ServicePort } from '../../src/model/service.js';
import { POD_1, POD_1_6, POD_2, POD_3 } from '../support/addresses.js';
import { anEndpoint, aSlice, HTTP } from '../support/objects.js';

const NODE = { name: 'node-1', scheduler: 'rr' };
const TERMINATING = { ready: false, terminating: true };
const STARTING = { ready: false, serving: false };
const GONE = { ready: false, serving: false, terminating: true };

const chosen = (slices: readonly EndpointSlice[], port: ServicePort = HTTP) => [
  ...chooseEndpoints(slices, 'IPv4', port, NODE).realServers.keys(),
];

const local = (slices: readonly EndpointSlice[], name: string | undefined = 'node-1') =>
  chooseEndpoints(slices, 'IPv4', HTTP, { ...NODE, name }).local;

describe('the endpoints of a port', () => {
  it('are those that are ready', () => {
    const endpoints = [anEndpoint(POD_1), anEndpoint(POD_2, STARTING), anEndpoint(POD_3, TERMINATING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual(['10.244.0.1:8080']);
  });

  it('are those that serve while they terminate, where none is ready', () => {
    const endpoints = [anEndpoint(POD_1, GONE), anEndpoint(POD_2, STARTING), anEndpoint(POD_3, TERMINATING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual(['10.244.0.3:8080']);
  });

  it('are no terminating ones where another slice has a ready one', () => {
    const endpoints = [anEndpoint(POD_1, TERMINATING)];
    const slices = [aSlice('web', [POD_1], { endpoints }), aSlice('web', [POD_2], { name: 'web-2' })];
    expect(chosen(slices)).toEqual(['10.244.0.2:8080']);
  });

  it('are none where none serves', () => {
    const endpoints = [anEndpoint(POD_1, GONE), anEndpoint(POD_2, STARTING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual([]);
  });

  it('do not fall back on one that serves but does not terminate: it is not ready yet', () => {
    const endpoints = [anEndpoint(POD_1, { ready: false, serving: true, terminating: false })];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual([]);
  });

  it('come from all slices, each once', () => {
    const slices = [aSlice('web', [POD_1, POD_2]), aSlice('web', [POD_2, POD_3], { name: 'web-2' })];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.2:8080', '10.244.0.3:8080']);
  });

  it('have weight 1', () => {
    const { realServers } = chooseEndpoints([aSlice('web', [POD_1])], 'IPv4', HTTP, NODE);
    expect([...realServers.values()].map(({ weight }) => weight)).toEqual([1]);
  });

  it('are of the family asked for', () => {
    const slices = [aSlice('web', [POD_1]), aSlice('web', [POD_1_6], { name: 'web-6' })];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080']);
    expect([...chooseEndpoints(slices, 'IPv6', HTTP, NODE).realServers.keys()]).toEqual([
      '[fd00:244::1]:8080',
    ]);
  });
});

describe('a target port', () => {
  it('is found by its name, and may differ from slice to slice', () => {
    const slices = [
      aSlice('web', [POD_1], { ports: [{ name: 'http', protocol: 'TCP', port: 8_080 }] }),
      aSlice('web', [POD_2], { name: 'web-2', ports: [{ name: 'http', protocol: 'TCP', port: 9_090 }] }),
    ];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.2:9090']);
  });

  it('of another name is another port', () => {
    const ports = [
      { name: 'https', protocol: 'TCP', port: 8_443 },
      { name: 'http', protocol: 'TCP', port: 8_080 },
    ] as const;
    expect(chosen([aSlice('web', [POD_1], { ports })])).toEqual(['10.244.0.1:8080']);
    expect(chosen([aSlice('web', [POD_1], { ports })], { ...HTTP, name: 'metrics' })).toEqual([]);
  });

  it('without a name belongs to a ServicePort without a name', () => {
    const slice = aSlice('web', [POD_1], { ports: [{ name: '', protocol: 'TCP', port: 8_080 }] });
    expect(chosen([slice], { ...HTTP, name: '' })).toEqual(['10.244.0.1:8080']);
    expect(chosen([slice])).toEqual([]);
  });

  it.each(PROTOCOLS)('of the same name belongs to %s only where its protocol is that', (protocol) => {
    const ports = PROTOCOLS.map((each, index) => ({ name: 'http', protocol: each, port: 8_080 + index }));
    const expected = `10.244.0.1:${8_080 + PROTOCOLS.indexOf(protocol)}`;
    expect(chosen([aSlice('web', [POD_1], { ports })], { ...HTTP, protocol })).toEqual([expected]);
  });

  it('that a slice does not have takes its endpoints out', () => {
    expect(chosen([aSlice('web', [POD_1], { ports: [] })])).toEqual([]);
  });

  it('two numbers under one name are two real servers of one endpoint', () => {
    const slices = [
      aSlice('web', [POD_1]),
      aSlice('web', [POD_1], { name: 'web-2', ports: [{ name: 'http', protocol: 'TCP', port: 9_090 }] }),
    ];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.1:9090']);
  });
});

describe('the endpoints that may call themselves from here', () => {
  const onNode = (node: string) => aSlice('web', [POD_1], { endpoints: [anEndpoint(POD_1, { node })] });

  it('are those of this node', () => {
    expect(local([onNode('node-1')])).toEqual([POD_1]);
    expect(local([onNode('node-2')])).toEqual([]);
  });

  it('are those that name no node as well', () => {
    expect(local([aSlice('web', [POD_1])])).toEqual([POD_1]);
  });

  it('are all where this node does not know its name', () => {
    const { local: found } = chooseEndpoints([onNode('node-2')], 'IPv4', HTTP, {
      name: undefined,
      scheduler: 'rr',
    });
    expect(found).toEqual([POD_1]);
  });

  it('are only those that are used', () => {
    const endpoints = [anEndpoint(POD_1, STARTING), anEndpoint(POD_2)];
    expect(local([aSlice('web', [POD_1], { endpoints })])).toEqual([POD_2]);
  });
});
