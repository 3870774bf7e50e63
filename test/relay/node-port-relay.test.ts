import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { RelayRoute } from '../../src/model/relay-route.js';
import { serviceKey } from '../../src/model/service-key.js';
import { DEFAULT_RELAY_LIMITS, NodePortRelay } from '../../src/relay/node-port-relay.js';
import { address } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';

const HERE = address('127.0.0.1');
const leftOpen: (() => void)[] = [];

/** Connections at the Services below: open ones, and all that there were. */
const atServices = { open: 0, all: 0 };

afterEach(() => {
  for (const close of leftOpen.splice(0)) close();
  Object.assign(atServices, { open: 0, all: 0 });
});

async function listening(server: Server, port = 0): Promise<number> {
  server.listen(port, HERE);
  await once(server, 'listening');
  leftOpen.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A Service that answers, once its client has sent everything, with its name and what it received. */
function echo(name: string): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    atServices.open++;
    atServices.all++;
    socket.once('close', () => atServices.open--);
    const received: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => received.push(part));
    socket.once('end', () => socket.end(`${name} received ${Buffer.concat(received)}`));
  });
  return listening(server);
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

function route(nodePort: number, port: number): RelayRoute {
  return { service: serviceKey('default', 'web'), loopback: HERE, nodePort, address: HERE, port };
}

function aRelay(connections = DEFAULT_RELAY_LIMITS.connections) {
  const clock = new HandClock();
  let changes = 0;
  const limits = { ...DEFAULT_RELAY_LIMITS, connections };
  const relay = new NodePortRelay({ clock, problemsFound: () => changes++, limits });
  leftOpen.push(() => relay.close());
  return { relay, clock, changes: () => changes };
}

async function dial(port: number): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    const socket = connect({ host: HERE, port, allowHalfOpen: true });
    leftOpen.push(() => socket.destroy());
    try {
      await once(socket, 'connect');
      return socket.on('error', () => undefined);
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function ask(port: number, question: string): Promise<string> {
  const socket = await dial(port);
  socket.end(question);
  return text(socket);
}

describe('the relay of a NodePort', () => {
  it('carries both directions, and what a client ends goes on in the other', async () => {
    const { relay } = aRelay();
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    expect(await ask(port, 'hello')).toBe('one received hello');
    await expect.poll(() => atServices.open).toBe(0);
  });

  it('carries much', async () => {
    const { relay } = aRelay();
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    const much = 'x'.repeat(3_000_000);
    expect((await ask(port, much)) === `one received ${much}`).toBe(true);
  });

  it('leads new connections elsewhere when the Service moves, and leaves those that are open', async () => {
    const { relay } = aRelay();
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    const before = await dial(port);
    before.write('early ');
    await expect.poll(() => atServices.open).toBe(1);
    relay.follow([route(port, await echo('two'))]);
    expect(await ask(port, 'late')).toBe('two received late');
    before.end('bird');
    expect(await text(before)).toBe('one received early bird');
  });

  it('lets nobody in when the NodePort goes', async () => {
    const { relay } = aRelay();
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    await ask(port, 'hello');
    relay.follow([]);
    const socket = connect({ host: HERE, port });
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('closes at once what is more than it may carry', async () => {
    const { relay } = aRelay(1);
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    const first = await dial(port);
    await expect.poll(() => atServices.open).toBe(1);
    await closed(connect({ host: HERE, port }));
    expect(atServices.all).toBe(1);
    first.end('still here');
    expect(await text(first)).toBe('one received still here');
  });

  it('ends a connection that the Service refuses or resets, and has its place free for the next', async () => {
    const { relay } = aRelay(1);
    const answered = await freePort();
    const [refused, resets] = [await freePort(), await freePort()];
    const cruel = await listening(createServer((socket) => socket.resetAndDestroy()));
    relay.follow([
      route(refused, await freePort()),
      route(resets, cruel),
      route(answered, await echo('one')),
    ]);
    for (const port of [refused, resets]) {
      await closed(await dial(port));
    }
    await expect.poll(() => ask(answered, 'hello').catch(() => '')).toBe('one received hello');
  });

  it('lets go of the Service when the client resets', async () => {
    const { relay } = aRelay();
    const port = await freePort();
    relay.follow([route(port, await echo('one'))]);
    const socket = await dial(port);
    await expect.poll(() => atServices.open).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => atServices.open).toBe(0);
  });
});

describe('a port that somebody else has', () => {
  it('is a problem of the Service until it is free', async () => {
    const { relay, clock, changes } = aRelay();
    const squatter = createServer();
    const port = await listening(squatter);
    relay.follow([route(port, await echo('one'))]);
    await expect.poll(() => relay.problems).toMatchObject([{ kind: 'conflict', service: 'default/web' }]);
    expect(relay.problems[0]?.message).toContain(`127.0.0.1:${port} (EADDRINUSE)`);
    squatter.close();
    await once(squatter, 'close');
    clock.advance(5_000);
    await expect.poll(() => relay.problems).toEqual([]);
    expect(changes()).toBe(2);
    expect(await ask(port, 'hello')).toBe('one received hello');
  });

  it('is no problem of anybody once the NodePort is gone', async () => {
    const { relay, clock } = aRelay();
    const port = await listening(createServer());
    relay.follow([route(port, port)]);
    await expect.poll(() => relay.problems).toHaveLength(1);
    relay.follow([]);
    expect([relay.problems, clock.next]).toEqual([[], undefined]);
  });
});
