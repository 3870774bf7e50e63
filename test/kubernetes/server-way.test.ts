import { describe, expect, it } from 'vitest';
import { ServerWay } from '../../src/kubernetes/transport/server-way.js';
import type { ReservedAddress } from '../../src/model/reserved-address.js';

const SERVER = new URL('https://api.example.org:6443');
const PROXY = new URL('http://proxy.example.org:3128');

/** A resolver whose answers can be changed. */
class Names {
  answers: Record<string, readonly string[]> = {
    'api.example.org': ['192.0.2.10', '2001:db8::10'],
    'proxy.example.org': ['192.0.2.20'],
  };
  readonly way = new ServerWay(async ({ hostname }) => this.answers[hostname] ?? []);
  readonly reported: string[][] = [];

  constructor() {
    this.way.changed = (addresses) => this.reported.push(addresses.map(text));
  }

  get known(): string[] {
    return this.way.addresses.map(text);
  }
}

const text = ({ use, address, port }: ReservedAddress) => `${use} ${address} ${port}`;

describe('the way to the API server', () => {
  it("leads over every address of the server's name and of the proxy's, in both families", async () => {
    const { way, ...names } = new Names();
    await way.follow({ server: SERVER, proxy: PROXY });
    expect(way.addresses.map(text).sort()).toEqual([
      'api-server 192.0.2.10 6443',
      'api-server 2001:db8::10 6443',
      'proxy 192.0.2.20 3128',
    ]);
    expect(names.reported).toHaveLength(1);
  });

  it('leads over the IPv4 address where a name has it IPv4-mapped', async () => {
    const names = new Names();
    names.answers = { 'api.example.org': ['::ffff:192.0.2.10'] };
    await names.way.follow({ server: SERVER, proxy: undefined });
    expect(names.known).toEqual(['api-server 192.0.2.10 6443']);
  });

  it('keeps what a name meant before, since a connection may live on there', async () => {
    const names = new Names();
    await names.way.follow({ server: SERVER, proxy: undefined });
    names.answers = { 'api.example.org': ['192.0.2.11'] };
    await names.way.follow({ server: SERVER, proxy: undefined });
    expect(names.known).toContain('api-server 192.0.2.10 6443');
    expect(names.known).toContain('api-server 192.0.2.11 6443');
  });

  it('is reported once, and again only when it leads elsewhere', async () => {
    const names = new Names();
    for (let n = 0; n < 3; n++) await names.way.follow({ server: SERVER, proxy: undefined });
    expect(names.reported).toHaveLength(1);
    names.answers = {};
    await names.way.follow({ server: SERVER, proxy: undefined });
    expect(names.reported).toHaveLength(1);
  });

  it('does not grow without bound with a name that means something else each time', async () => {
    const names = new Names();
    for (let n = 0; n < 1000; n++) {
      names.answers = { 'api.example.org': [`198.51.${n >> 8}.${n & 255}`] };
      await names.way.follow({ server: SERVER, proxy: undefined });
    }
    expect(names.known).toHaveLength(256);
    expect(names.known).toContain('api-server 198.51.3.231 6443');
  });

  it('is not waited for where nobody resolves the name, and reported when somebody does', async () => {
    let answer: (addresses: readonly string[]) => void = () => undefined;
    const way = new ServerWay(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const reported = new Promise((resolve) => {
      way.changed = resolve;
    });
    await way.follow({ server: SERVER, proxy: undefined }, 1);
    expect(way.addresses).toEqual([]);
    answer(['192.0.2.10']);
    expect(await reported).toEqual([{ address: '192.0.2.10', use: 'api-server', port: 6443 }]);
  });
});
