import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { FAMILIES } from '../../../src/model/address.js';
import { service, slice } from './support/api-objects.js';
import { Cluster } from './support/cluster.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { both, vip } from './support/vips.js';

/** `ipvs.tcpFinTimeout` here, in seconds. */
const FIN_TIMEOUT = 3;
/** More than that, and less than the 60 s after which IPVS forgets a connection that its client has half closed. */
const PAUSE = FIN_TIMEOUT + 2;

const LATE_PORT = 9998;
const EARLY_PORT = 9997;

/**
 * LATE_PORT answers some time after the client's FIN; EARLY_PORT closes its side at once and notes what still comes.
 */
const SERVER = `
import socket, sys, threading, time
pause = float(sys.argv[3])
def late(c):
    while c.recv(100): pass
    time.sleep(pause); c.send(b'late'); c.close()
def early(c):
    c.shutdown(socket.SHUT_WR); time.sleep(600)
def serve(port, answer):
    s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True: threading.Thread(target=answer, args=(s.accept()[0],), daemon=True).start()
threading.Thread(target=serve, args=(int(sys.argv[2]), early), daemon=True).start()
serve(int(sys.argv[1]), late)
`;

/**
 * Connects, closes its side where asked to, and says what state IPVS has the connection in, for how long, and what
 * comes.
 */
const CLIENT = `
import socket, sys, time
c = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
if sys.argv[3] == 'shut': c.shutdown(socket.SHUT_WR)
time.sleep(0.5)
port = '%04X' % c.getsockname()[1]
entry = next(line.split() for line in open('/proc/net/ip_vs_conn') if line.split()[2] == port)
c.settimeout(20)
print(entry[7], entry[8], c.recv(100).decode())
`;

describe.skipIf(!IN_TEST_KERNEL)('a half-closed connection', () => {
  let cluster: Cluster;
  let pod: Host;
  let ended: Promise<unknown>;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--ipvs-tcpfin-timeout', `${FIN_TIMEOUT}s`] });
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('a pod expected');
    pod = first;
    const words = [SERVER, LATE_PORT, EARLY_PORT, PAUSE].map(String);
    ended = pod.namespace.try(['timeout', '100', '/usr/bin/python3', '-c', ...words]);
    const ports = [LATE_PORT, EARLY_PORT].map((port) => ({
      name: `p${port}`,
      port,
      protocol: 'TCP' as const,
    }));
    await cluster.folder.put('half', [
      service({ name: 'half', clusterIPs: both(vip(1)), ports }),
      ...FAMILIES.map((family) =>
        slice({ service: 'half', family, ports, endpoints: [pod.addresses[family]] }),
      ),
    ]);
    await cluster.startAgent();
  });

  afterAll(async () => {
    await cluster?.close();
    void ended;
  });

  const talk = async (address: string, port: number, how: 'shut' | 'open') => {
    const words = ['/usr/bin/python3', '-c', CLIENT, address, String(port), how];
    const said = await waitUntil(
      async () => {
        const { code, stdout } = await cluster.lab.node.namespace.try(words);
        return code === 0 && stdout;
      },
      { what: 'an answer', seconds: 60 },
    );
    const [state, expires, answer = ''] = said.trim().split(' ');
    return { state, expires: Number(expires), answer };
  };

  for (const family of FAMILIES) {
    it(`by the client is kept for 60 s of silence, whatever ipvs.tcpFinTimeout says (${family})`, async () => {
      const { state, expires, answer } = await talk(vip(1)[family], LATE_PORT, 'shut');
      expect(state).toBe('CLOSE_WAIT');
      expect(expires).toBeGreaterThan(FIN_TIMEOUT);
      expect(expires).toBeLessThanOrEqual(60);
      expect(answer).toBe('late');
    });

    it(`by the server is kept for ipvs.tcpFinTimeout (${family})`, async () => {
      const { state, expires } = await talk(vip(1)[family], EARLY_PORT, 'open');
      expect(state).toBe('FIN_WAIT');
      expect(expires).toBeLessThanOrEqual(FIN_TIMEOUT);
    });
  }
});
