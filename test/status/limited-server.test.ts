import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { textAnswer } from '../../src/status/http/http-answer.js';
import { HttpListener } from '../../src/status/http/http-listener.js';
import {
  ConnectionLimit,
  DEFAULT_HTTP_LIMITS,
  isFromThisNode,
} from '../../src/status/http/limited-server.js';
import { HandStatusClock } from '../support/status-clock.js';

// Every address of 127.0.0.0/8 is the machine's own; here each stands for a machine, and this one for the node.
const NODE = '127.0.0.1';
const POD = '127.0.0.2';
const LOAD_BALANCER = '127.0.0.3';

const sockets: Socket[] = [];
const listeners: HttpListener[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function serving(connections = newLimit(), answer = () => Promise.resolve(textAnswer(200, 'ok'))) {
  const listener = new HttpListener({
    address: { host: NODE, port: 0 },
    responder: answer,
    clock: new HandStatusClock(),
    failed: () => undefined,
    connections,
  });
  listeners.push(listener);
  await listener.open();
  return listener.port ?? 0;
}

function newLimit(limits = DEFAULT_HTTP_LIMITS): ConnectionLimit {
  return new ConnectionLimit(limits, ({ remoteAddress }) => remoteAddress === NODE);
}

function open(port: number, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: NODE, localAddress: from }, () => resolve(socket));
    sockets.push(socket);
    socket.once('error', reject);
  });
}

async function openMany(port: number, from: string, count: number): Promise<Socket[]> {
  const opened: Socket[] = [];
  for (let n = 0; n < count; n++) opened.push(await open(port, from));
  return opened;
}

/** Asks as a client that would like to keep the connection, and waits for its end. */
async function probe(port: number, from: string, socket?: Socket): Promise<string> {
  const asking = socket ?? (await open(port, from));
  return new Promise((resolve) => {
    let received = '';
    asking.on('data', (piece) => {
      received += piece;
    });
    asking.on('error', () => undefined).on('close', () => resolve(received));
    asking.write('GET /healthz HTTP/1.1\r\nHost: node\r\nConnection: keep-alive\r\n\r\n');
  });
}

const isGood = (answer: string) => answer.startsWith('HTTP/1.1 200') && answer.endsWith('ok');
const openOf = (held: readonly Socket[]) => held.filter((socket) => !socket.destroyed).length;

describe('connections that a pod holds open', () => {
  it('keep no probe out, neither of the node nor of a load balancer', async () => {
    const port = await serving();
    await openMany(port, POD, 200);
    const answers: string[] = [];
    for (let n = 0; n < 20; n++) answers.push(await probe(port, NODE), await probe(port, LOAD_BALANCER));
    expect(answers.filter(isGood)).toHaveLength(40);
  });

  it('are no more than its share: the one that has been idle for longest goes', async () => {
    const port = await serving();
    const held = await openMany(port, POD, DEFAULT_HTTP_LIMITS.perSource + 1);
    await new Promise((resolve) => held[0]?.once('close', resolve).resume());
    expect(openOf(held)).toBe(DEFAULT_HTTP_LIMITS.perSource);
    expect(isGood(await probe(port, POD, held.at(-1)))).toBe(true);
  });

  it('from many addresses make room for the newest, and those of the node stay', async () => {
    const port = await serving(newLimit({ ...DEFAULT_HTTP_LIMITS, connections: 8 }));
    const ofNode = await openMany(port, NODE, 4);
    for (let pod = 10; pod < 40; pod++) await open(port, `127.0.1.${pod}`);
    expect(isGood(await probe(port, LOAD_BALANCER))).toBe(true);
    expect(isGood(await probe(port, NODE))).toBe(true);
    expect(isGood(await probe(port, NODE, ofNode[0]))).toBe(true);
  });

  it('to the ports of several Services count together', async () => {
    const shared = newLimit({ ...DEFAULT_HTTP_LIMITS, perSource: 4 });
    const ports = [await serving(shared), await serving(shared), await serving(shared)];
    const held = (await Promise.all(ports.map((port) => openMany(port, POD, 4)))).flat();
    for (const socket of held) socket.resume();
    await expect.poll(() => openOf(held)).toBe(4);
  });
});

describe('a connection', () => {
  it('carries one request, whatever the client would like', async () => {
    const port = await serving();
    expect(await probe(port, LOAD_BALANCER)).toMatch(/^Connection: close\r$/im);
  });

  it('with a request under way is not the one that goes', async () => {
    let answerNow = () => {};
    const asked = new Promise<void>((resolve) => {
      answerNow = resolve;
    });
    const limit = newLimit({ ...DEFAULT_HTTP_LIMITS, perSource: 2 });
    const port = await serving(limit, () => asked.then(() => textAnswer(200, 'ok')));
    const slow = probe(port, POD);
    await openMany(port, POD, 5);
    answerNow();
    expect(isGood(await slow)).toBe(true);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1', true],
    ['::1', '::1', true],
    // The kubelet, to the node's own address.
    ['192.0.2.7', '192.0.2.7', true],
    [undefined, undefined, true],
    ['10.244.0.5', '192.0.2.7', false],
    ['::ffff:10.244.0.5', '::ffff:192.0.2.7', false],
  ])('of %s to %s is of the node: %s', (remoteAddress, localAddress, isOwn) => {
    expect(isFromThisNode({ remoteAddress, localAddress } as Socket)).toBe(isOwn);
  });
});
