import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askedIn, hasStrace, STRACE } from '../../bench/compare/traced.js';

describe('what a program asks of the kernel', () => {
  it('is counted by call, and in bytes that went by sockets', () => {
    const trace = [
      '12 socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) = 3',
      '12 sendmsg(3, {msg_name={sa_family=AF_NETLINK}, msg_iov=[{iov_base=""..., iov_len=200}], msg_iovlen=1}, 0) = 200',
      '12 sendto(3, ""..., 40, 0, NULL, 0 <unfinished ...>',
      '13 write(1, ""..., 999)      = 999',
      '12 <... sendto resumed>)             = 40',
      '13 setsockopt(4, SOL_IP, IPT_SO_SET_REPLACE, "nat"..., 5000) = 0',
      '13 setsockopt(4, SOL_IP, 0x482, ""..., 44) = -1 EEXIST (File exists)',
      '13 +++ exited with 0 +++',
    ].join('\n');
    expect(askedIn(trace)).toEqual({ calls: 6, bytes: 200 + 40 + 5000 });
  });

  describe.skipIf(!hasStrace())('as strace writes it', () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'bench-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    // What stands in for it with some version managers is a shell, whose own calls are not as many each time.
    const interpreter = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).trim();

    function asked(datagrams: number) {
      const file = join(folder, 'trace');
      const program =
        'import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n' +
        "for _ in range(int(sys.argv[1])): s.sendto(b'x' * 100, ('127.0.0.1', 9))";
      execFileSync('strace', [...STRACE.slice(1), '-o', file, interpreter, '-c', program, String(datagrams)]);
      return askedIn(readFileSync(file, 'utf8'));
    }

    it('grows by one call and a hundred bytes with each datagram of a hundred bytes', () => {
      const [few, many] = [asked(10), asked(60)];
      expect(many.bytes - few.bytes).toBe(50 * 100);
      expect(many.calls - few.calls).toBe(50);
    });
  });
});
