import { describe, expect, it } from 'vitest';
import { CODES, type Code } from '../../src/diagnosis/codes.js';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import type { Evidence } from '../../src/diagnosis/evidence.js';
import type { FrontendKey } from '../../src/model/frontend.js';
import type { RuleFact } from '../../src/model/kernel-facts.js';
import { serviceKey } from '../../src/model/service-key.js';
import { address, POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
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
  wanted,
} from './facts.js';

const NO_SERVER = { desired: undefined } as const;
const EMPTY = seen({ isOpen: false, presence: 'absent', servers: [], owner: undefined });
const CLIENT = { kind: 'address', address: address('203.0.113.10') } as const;
const DROP: RuleFact = {
  frontend: FRONT.key,
  family: 'inet',
  table: 'firewall',
  chain: 'input',
  handle: undefined,
  hook: 'input',
  effect: 'drops',
  isCertain: true,
};

function causesOf(found: Partial<Evidence>): readonly Code[] {
  return diagnose(evidence(found)).causes.map(({ code }) => code);
}

function remarksOf(found: Partial<Evidence>): readonly Code[] {
  return diagnose(evidence(found)).remarks.map(({ code }) => code);
}

describe('a Service that works', () => {
  it('has a verdict that says what was looked at, and nothing else', () => {
    expect(diagnose(evidence())).toEqual({
      verdict: 'works',
      sentence:
        'default/web works, as far as node-1 shows: 2 servers behind 1 frontend, and nothing in their way.',
      causes: [],
      remarks: [],
    });
  });

  it('is not accused for an endpoint that is not ready, that drains or that is for another zone', () => {
    const desired = {
      scheduler: 'rr',
      persistenceTimeout: 0,
      servers: [{ key: serverKey(POD_1), weight: 1 }],
    };
    const drained = seen({
      servers: seen().servers.map((server) => ({ ...server, weight: server.address === POD_1 ? 1 : 0 })),
    });
    for (const other of [{ ready: false }, { zoneHints: ['zone-b'] }, { terminating: true, ready: false }]) {
      const endpoints = [endpoint(POD_1), endpoint(POD_2, other)];
      const found = service({ endpoints, frontends: [wanted({ desired })] });
      expect(causesOf({ answer: answer(found), kernel: kernel({ frontends: [drained] }) })).toEqual([]);
    }
  });

  it('is not accused of a policy for clients that nobody asked about', () => {
    const local = wanted({ kind: 'balancer', traffic: ['dropped', 'source-kept'], ...NO_SERVER });
    const facts = { answer: answer(service({ frontends: [local] })), kernel: kernel({ frontends: [EMPTY] }) };
    expect(causesOf(facts)).toEqual([]);
    expect(remarksOf(facts)).toEqual(['KIP201']);
    expect(causesOf({ ...facts, question: question({ client: { kind: 'outside' } }) })).toEqual(['KIP201']);
  });

  it('is not accused where a process of the node has its frontend, nor for the device that this one made', () => {
    const left = wanted({ state: 'node-local', traffic: ['node-local'], ...NO_SERVER });
    const otherDevices = [{ address: VIP_A, device: 'nodelocaldns' }];
    const facts = {
      answer: answer(service({ frontends: [left] })),
      kernel: kernel({ frontends: [EMPTY], otherDevices }),
    };
    expect(causesOf(facts)).toEqual([]);
    expect(remarksOf(facts)).toEqual(['KIP207']);
    expect(remarksOf({ kernel: kernel({ otherDevices }) })).toEqual(['KIP308']);
  });

  it('is not accused where a rule lets some clients pass, or is on another way', () => {
    expect(causesOf({ kernel: kernel({ rules: [{ ...DROP, isCertain: false }] }) })).toEqual([]);
    expect(causesOf({ kernel: kernel({ rules: [{ ...DROP, hook: 'output' }] }) })).toEqual([]);
    expect(
      causesOf({ kernel: kernel({ rules: [{ ...DROP, frontend: '10.96.0.11:80/TCP' as FrontendKey }] }) }),
    ).toEqual([]);
  });

  it('may have weights that are still growing', () => {
    const desired = {
      scheduler: 'rr',
      persistenceTimeout: 0,
      servers: [POD_1, POD_2].map((pod) => ({ key: serverKey(pod), weight: 100 })),
    };
    expect(causesOf({ answer: answer(service({ frontends: [wanted({ desired })] })) })).toEqual([]);
  });
});

describe('a cause is found', () => {
  const none = (more: Parameters<typeof service>[0], frontend: Parameters<typeof wanted>[0] = {}) => ({
    answer: answer(service({ frontends: [wanted({ ...NO_SERVER, ...frontend })], ...more })),
    kernel: kernel({ frontends: [EMPTY] }),
  });
  const live = service().live;

  it.each<[Code, Partial<Evidence>]>([
    ['KIP101', none({ endpoints: [], live: live && { ...live, selector: undefined } })],
    ['KIP102', none({ endpoints: [endpoint(POD_1, { ready: false, serving: false })] })],
    ['KIP103', none({ endpoints: [] })],
    ['KIP104', { tried: [tried(POD_1, 'refused'), tried(POD_2, 'refused')] }],
    ['KIP105', none({}, { offered: '"web"/TCP' })],
    ['KIP106', none({ endpoints: [endpoint(POD_1, { family: 'IPv6' })] })],
    ['KIP109', { question: question({ port: 81 }) }],
    ['KIP201', none({}, { traffic: ['dropped'] })],
    ['KIP202', { tried: [tried(POD_1, 'silent')], ...hinted() }],
    [
      'KIP203',
      {
        question: question({ client: CLIENT }),
        ...none({}, { ...wanted(), sources: ['192.0.2.0/24'] }),
        kernel: kernel(),
      },
    ],
    ['KIP204', none({}, { state: 'conflict', holder: serviceKey('default', 'other') })],
    ['KIP205', { answer: answer(service({ heldElsewhere: [{ address: VIP_B, node: 'node-2' }] })) }],
    [
      'KIP206',
      {
        answer: answer(
          service({
            frontends: [],
            problems: [
              { kind: 'object', subject: 'Service default/web', message: 'is odd.', remedy: 'Mend it.' },
            ],
          }),
        ),
      },
    ],
    [
      'KIP208',
      {
        kernel: kernel({
          frontends: [
            seen({
              isOpen: false,
              servers: seen().servers.map((server) => ({ ...server, weight: 0, active: 1 })),
            }),
          ],
        }),
      },
    ],
    ['KIP301', { kernel: kernel({ frontends: [seen({ isForeign: true, owner: undefined })] }) }],
    ['KIP302', { kernel: kernel({ frontends: [seen({ isBound: false })] }) }],
    ['KIP303', { kernel: kernel({ frontends: [seen({ isGuarded: false })] }) }],
    ['KIP304', { kernel: kernel({ frontends: [seen({ presence: 'absent', servers: [] })] }) }],
    ['KIP305', { kernel: kernel({ frontends: [seen({ scheduler: 'lc' })] }) }],
    ['KIP306', { answer: answer(service({ frontends: [wanted({ state: 'refused', reason: 'ENOMEM' })] })) }],
    [
      'KIP307',
      {
        kernel: kernel({
          sysctls: [
            { name: 'net.ipv4.ip_forward', value: '0', expected: '1', without: 'nothing is forwarded' },
          ],
        }),
      },
    ],
    ['KIP401', { kernel: kernel({ rules: [DROP] }) }],
    ['KIP402', { kernel: kernel({ rules: [{ ...DROP, effect: 'rewrites', hook: 'prerouting' }] }) }],
    [
      'KIP403',
      {
        kernel: kernel({
          bridges: [
            { name: 'cni0', cause: 'the module br_netfilter is not loaded', answered: 0, unanswered: 2 },
          ],
        }),
      },
    ],
    ['KIP404', { kernel: kernel({ conntrack: { entries: 100, most: 100 } }) }],
    ['KIP501', { tried: [tried(VIP_A, 'silent', 'frontend'), tried(POD_1, 'answered')] }],
    ['KIP502', { tried: [tried(POD_2, 'refused'), tried(POD_1, 'answered')] }],
    ['KIP503', { tried: [tried(POD_2, 'silent'), tried(POD_1, 'answered')] }],
    ['KIP602', { answer: answer(service(), { complete: false }) }],
    ['KIP603', { answer: answer(service(), { sourceAway: 'nobody answers at 192.0.2.1:6443.' }) }],
    ['KIP604', { answer: answer(service({ isBehind: true })) }],
    ['KIP605', { answer: answer(service({ frontends: [wanted({ state: 'pending' })] })) }],
  ])('%s', (code, found) => {
    const diagnosis = diagnose(evidence(found));
    expect(diagnosis.causes[0]?.code).toBe(code);
    expect(diagnosis.verdict).toBe('fails');
    expect(diagnosis.sentence).toContain(`(${code}).`);
  });

  it.each([
    ['KIP107', true],
    ['KIP108', false],
  ] as const)('%s, where the API server has a Service that is left alone', (code, isOtherProxys) => {
    const alone = { because: 'of its label', isOtherProxys };
    const found = service({
      known: undefined,
      frontends: [],
      endpoints: [],
      live: live && { ...live, leftAlone: alone },
    });
    expect(causesOf({ answer: answer(found), kernel: kernel({ frontends: [] }) })).toEqual([code]);
  });

  it('of a client whose affinity holds it at a server that does not answer', () => {
    const affinity = [{ frontend: FRONT.key, server: serverKey(POD_1), secondsLeft: 60 }];
    const client = { address: CLIENT.address, affinity, connections: [] };
    const results = [tried(POD_1, 'silent'), tried(POD_2, 'answered')];
    expect(causesOf({ kernel: kernel({ client }), tried: results })).toEqual(['KIP504', 'KIP503']);
    expect(causesOf({ kernel: kernel({ client }), tried: [tried(POD_1, 'answered')] })).toEqual([]);
  });

  it('first, from which others follow', () => {
    const gone = kernel({ frontends: [seen({ isBound: false, presence: 'absent', servers: [] })] });
    const results = [tried(VIP_A, 'silent', 'frontend'), tried(POD_1, 'answered')];
    expect(causesOf({ kernel: gone, tried: results })).toEqual(['KIP302', 'KIP304', 'KIP501']);
  });

  it('of a client of a family that the Service does not have, and not of the other family alone', () => {
    const other = { kind: 'address', address: address('2001:db8::9') } as const;
    expect(causesOf({ question: question({ client: other }) })).toEqual(['KIP106']);
    const front = wanted({
      key: '[fd00:96::10]:80/TCP' as FrontendKey,
      address: address('fd00:96::10'),
      sources: ['2001:db8::/64'],
    });
    const both = service({ frontends: [wanted(), front] });
    for (const client of [CLIENT, other])
      expect(causesOf({ answer: answer(both), question: question({ client }) })).toEqual([]);
  });

  it('once, however many frontends it concerns', () => {
    const fronts = [wanted(), wanted({ key: '10.96.0.11:80/TCP' as FrontendKey, address: VIP_B })];
    const found = service({ endpoints: [], frontends: fronts.map((front) => ({ ...front, ...NO_SERVER })) });
    expect(causesOf({ answer: answer(found), kernel: kernel({ frontends: [] }) })).toEqual(['KIP103']);
  });

  function hinted(): Partial<Evidence> {
    const desired = {
      scheduler: 'rr',
      persistenceTimeout: 0,
      servers: [{ key: serverKey(POD_1), weight: 1 }],
    };
    const endpoints = [endpoint(POD_1, { zoneHints: ['a'] }), endpoint(POD_2, { zoneHints: ['b'] })];
    const [first] = seen().servers;
    return {
      answer: answer(service({ endpoints, frontends: [wanted({ desired })] })),
      kernel: kernel({ frontends: [seen({ servers: first === undefined ? [] : [first] })] }),
    };
  }
});

describe('without an agent', () => {
  const dead = { answer: undefined } as const;

  it('the kernel alone tells, and that is said', () => {
    expect(remarksOf(dead)).toEqual(['KIP601']);
    expect(causesOf(dead)).toEqual([]);
    expect(causesOf({ ...dead, kernel: kernel({ frontends: [seen({ isBound: false })] }) })).toEqual([
      'KIP302',
    ]);
  });

  it('nothing is found where the kernel has nothing of it', () => {
    expect(diagnose(evidence({ ...dead, kernel: kernel({ frontends: [] }) })).verdict).toBe('not found');
  });
});

describe('an unknown Service', () => {
  it('is not found, and the nearest are named', () => {
    const nothing = { ...answer(undefined), nearest: [serviceKey('shop', 'web')] };
    const found = { answer: nothing, kernel: kernel({ frontends: [] }) };
    const { verdict, sentence } = diagnose(evidence(found));
    expect(verdict).toBe('not found');
    expect(sentence).toBe(`There is no Service ${WEB}. Near to it: shop/web.`);
  });
});

describe('the table of codes', () => {
  it('has a title, a meaning and a remedy of whole sentences for each', () => {
    for (const [code, { title, meaning, remedy }] of Object.entries(CODES)) {
      expect(code).toMatch(/^KIP[1-7]\d\d$/);
      expect(title).toMatch(/[^.]$/);
      expect(meaning).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });
});
