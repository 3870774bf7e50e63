import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/cli/exit.js';
import { NetlinkError, unusable } from '../../src/kernel/native/netlink-error.js';
import { rulesRefused } from '../../src/kernel/packet-table/packet-table-writer.js';

const { EACCES, EMFILE, ENFILE, ENOBUFS, EPERM, EPROTONOSUPPORT, ESRCH } = constants.errno;
const explained = (errno: number) => explainFailure(unusable(new NetlinkError(-errno, 'ipvs.info')));

describe('the first refusal of IPVS', () => {
  it.each([
    ['no module', EPROTONOSUPPORT, /no IPVS.*EPROTONOSUPPORT.*modprobe ip_vs/],
    ['no right', EPERM, /not let this process use IPVS \(EPERM\).*CAP_NET_ADMIN/],
    ['no right', EACCES, /EACCES.*CAP_NET_ADMIN/],
    ['no file descriptor', EMFILE, /EMFILE.*limit of open files/],
    ['no file on the node', ENFILE, /ENFILE.*fs\.file-max/],
    ['no memory', ENOBUFS, /ENOBUFS.*memory/],
  ])('for %s (%i) says so, and what mends it', (_, errno, sentence) => {
    expect(explained(errno)).toMatch(sentence);
  });

  it.each([EMFILE, ENFILE, ENOBUFS, ESRCH])(
    'for another reason (%i) does not say that the kernel has no IPVS',
    (errno) => {
      expect(explained(errno)).not.toMatch(/no IPVS|modprobe/);
    },
  );
});

describe('rules that nftables does not take', () => {
  it('because another process owns the table: says which, and how to find the process', () => {
    const refusal = { code: 'EPERM', text: 'table inet t: EPERM' };
    expect(explainFailure(rulesRefused('t', [refusal]))).toMatch(
      /^another process owns the nftables table inet t\b.*EPERM.*`nft list table inet t`.*stop it/,
    );
  });

  it('because the kernel lacks a part: says which parts are needed', () => {
    const refusal = { code: 'ENOENT', text: 'rule 1 of chain guard in table inet t: ENOENT' };
    expect(explainFailure(rulesRefused('t', [refusal]))).toMatch(
      /refused rule 1 of chain guard in table inet t: ENOENT The kernel needs nf_tables/,
    );
  });
});
