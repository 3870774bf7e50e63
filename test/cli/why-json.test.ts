import { describe, expect, it } from 'vitest';
import { whyJson } from '../../src/cli/why/why.js';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import type { Evidence } from '../../src/diagnosis/evidence.js';
import { pathLines } from '../../src/diagnosis/path-lines.js';
import { NO_TRAFFIC } from '../../src/model/counters.js';
import {
  answer,
  endpoint,
  evidence,
  FRONT,
  kernel,
  question,
  seen,
  serverKey,
  service,
  tried,
  WEB,
} from '../diagnosis/facts.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

const SCHEMA = readSchema('why.v1.json');

function jsonOf(facts: Evidence): unknown {
  const diagnosis = diagnose(facts);
  return JSON.parse(whyJson(facts, diagnosis, pathLines(facts, diagnosis)));
}

describe('the JSON of why is as its published schema says', () => {
  it.each([
    ['of a Service that works', evidence()],
    ['of a Service whose endpoints do not answer', everything()],
    [
      'of a Service that is not there',
      evidence({ answer: answer(undefined), kernel: kernel({ frontends: [] }) }),
    ],
    ['without an agent', evidence({ answer: undefined })],
    ['without the kernel', evidence({ kernel: undefined, kernelFailure: 'not permitted' })],
  ])('%s', (_, facts) => {
    expect(schemaBreaches(jsonOf(facts), SCHEMA)).toEqual([]);
  });

  it('and a key that disappears is a breach', () => {
    const { sentence: _, ...rest } = jsonOf(everything()) as Record<string, unknown>;
    expect(schemaBreaches(rest, SCHEMA)).toEqual(['$.sentence is missing']);
  });

  it('and what is there only at times is there when it should be', () => {
    expect(jsonOf(everything())).toMatchObject({
      answer: { found: { known: {}, live: { targetPorts: { '': '9376' } } } },
      kernel: {
        conntrack: {},
        traffic: { frontends: [{}] },
        client: { affinity: [{}], connections: [{}] },
        rules: [{ handle: 7 }],
      },
      tried: [{ result: 'silent' }, { result: 'refused' }],
      question: { service: WEB, vip: VIP_A, port: 80, client: { kind: 'address', address: POD_2 } },
    });
  });
});

const TRAFFIC = { ...NO_TRAFFIC, connections: 7 };

/** Each list of the answer with an entry, each key that may be missing with a value. */
function everything(): Evidence {
  const server = serverKey(POD_1);
  const found = service({
    endpoints: [endpoint(POD_1, { zone: 'zone-a' }), endpoint(POD_2, { ready: false })],
    heldElsewhere: [{ address: VIP_A, node: 'node-2' }],
    problems: [{ kind: 'object', subject: 'Service default/web', message: 'is odd.', remedy: 'Mend it.' }],
    drains: [{ frontend: FRONT.key, server, left: 1000 }],
  });
  const client = {
    address: POD_2,
    affinity: [{ frontend: FRONT.key, server, secondsLeft: 60 }],
    connections: [{ frontend: FRONT.key, server, state: 'ESTABLISHED', count: 2 }],
  };
  const rule = {
    frontend: FRONT.key,
    family: 'inet',
    table: 'firewall',
    chain: 'input',
    handle: 7,
    hook: 'input',
    effect: 'drops',
    isCertain: true,
  } as const;
  return evidence({
    question: question({ vip: VIP_A, port: 80, client: { kind: 'address', address: POD_2 } }),
    answer: answer(found, { zone: 'zone-a', sourceAway: 'no answer' }),
    kernel: kernel({
      frontends: [seen()],
      otherDevices: [{ address: VIP_A, device: 'eth0' }],
      sysctls: [{ name: 'net.ipv4.ip_forward', value: '0', expected: '1', without: 'nothing is forwarded' }],
      bridges: [{ name: 'cni0', cause: 'br_netfilter is missing', answered: 0, unanswered: 3 }],
      rules: [rule],
      client,
      traffic: { milliseconds: 500, frontends: [{ frontend: FRONT.key, total: TRAFFIC, more: NO_TRAFFIC }] },
      unread: ['bridges: not read'],
    }),
    tried: [tried(POD_1, 'silent'), tried(POD_2, 'refused')],
  });
}
