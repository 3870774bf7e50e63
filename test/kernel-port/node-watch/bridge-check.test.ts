import { beforeEach, describe, expect, it } from 'vitest';
import { type Bridge, BridgeCheck, type Passing } from '../../../src/kernel/node-watch/bridge-check.js';
import { type Address, parseAddress } from '../../../src/model/address.js';
import { parsedCidrs } from '../../../src/model/cidr.js';
import { flow, HandFlows, OWNED } from './support.js';

const OFF: Passing = { IPv4: 'net.bridge.bridge-nf-call-iptables is 0', IPv6: undefined };
const ON: Passing = { IPv4: undefined, IPv6: undefined };
const CNI0: Bridge = { name: 'cni0', subnets: parsedCidrs(['10.250.0.0/24']) };
const [CLIENT, SERVER, ELSEWHERE] = ['10.250.0.5', '10.250.0.6', '10.251.0.6'].map(
  (text) => parseAddress(text) as Address,
) as [Address, Address, Address];
const [UNANSWERED, ANSWERED] = [0, 2];

describe('servers behind the bridge of their clients', () => {
  let flows: HandFlows;
  let passing: Passing;
  let bridges: Bridge[];
  let answers: BridgeCheck;

  beforeEach(() => {
    flows = new HandFlows();
    [passing, bridges] = [OFF, [CNI0]];
    answers = new BridgeCheck({
      passing: async () => passing,
      bridges: async () => bridges,
      flows,
      owned: () => OWNED,
    });
  });

  const neighbours = (status: number, replySource = SERVER) =>
    flow(40_000, { source: CLIENT, replyDestination: CLIENT, replySource, status });

  const lookTwice = async () => {
    await answers.look();
    return answers.look();
  };

  it('are reported when none of them answers through the node, in two looks in a row', async () => {
    flows.list = [neighbours(UNANSWERED)];
    expect(await answers.look()).toEqual([]);
    expect(await answers.look()).toMatchObject([
      { subject: 'bridge cni0', message: expect.stringContaining('bridge-nf-call-iptables is 0') },
    ]);
  });

  it('are not reported where one of them answers through the node, as with routes of their own', async () => {
    flows.list = [neighbours(UNANSWERED), neighbours(ANSWERED)];
    expect(await lookTwice()).toEqual([]);
  });

  it('are not reported where nobody asked', async () => {
    expect(await lookTwice()).toEqual([]);
  });

  it('are not reported for servers elsewhere, masqueraded clients and what is not ours', async () => {
    flows.list = [
      neighbours(UNANSWERED, ELSEWHERE),
      { ...neighbours(UNANSWERED), replyDestination: ELSEWHERE },
      { ...neighbours(UNANSWERED), destinationPort: 81 },
      { ...neighbours(UNANSWERED), protocol: undefined },
    ];
    expect(await lookTwice()).toEqual([]);
  });

  it('are reported until one answers, also while nobody asks', async () => {
    flows.list = [neighbours(UNANSWERED)];
    await lookTwice();
    flows.list = [];
    expect(await answers.look()).toHaveLength(1);
    flows.list = [neighbours(ANSWERED)];
    expect(await answers.look()).toEqual([]);
  });

  it('are no longer reported once bridged packets pass netfilter, and no flow is looked at then', async () => {
    flows.list = [neighbours(UNANSWERED)];
    await lookTwice();
    [passing, bridges] = [ON, []];
    expect(await answers.look()).toEqual([]);
    expect(flows.looks).toBe(2);
  });

  it('are looked at no sooner than the last look allows', async () => {
    flows.list = [neighbours(UNANSWERED)];
    await lookTwice();
    flows.isRested = false;
    expect(await answers.look()).toHaveLength(1);
    expect(flows.looks).toBe(2);
  });
});
