import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/model/problem.js';
import { serviceKey } from '../../src/model/service-key.js';
import { agentStarts, problemFound } from '../../src/status/events/occurrences.js';
import { ProblemChanges } from '../../src/status/log/problem-changes.js';

const PROBLEM: Problem = {
  kind: 'object',
  subject: 'Service default/web',
  service: serviceKey('default', 'web'),
  field: 'spec.ports[0].port',
  message: '70000 is no port.',
  remedy: 'Use 1 to 65535.',
};

describe('what Events say', () => {
  it('about a problem of a Service names the field and what would mend it', () => {
    expect(problemFound(PROBLEM, 'uid-1')).toEqual({
      subject: { kind: 'Service', namespace: 'default', name: 'web', uid: 'uid-1' },
      type: 'Warning',
      reason: 'InvalidField',
      action: 'Program',
      note: 'spec.ports[0].port: 70000 is no port. Use 1 to 65535.',
      everywhere: true,
    });
  });

  it('about what only this node knows is this node’s own', () => {
    expect(problemFound({ ...PROBLEM, kind: 'kernel' }, undefined)).toMatchObject({ everywhere: false });
    expect(problemFound({ ...PROBLEM, kind: 'conflict', everywhere: true }, undefined)).toMatchObject({
      everywhere: true,
    });
  });

  it.each([
    ['the kernel refuses something', { kind: 'kernel' }, 'ProgrammingFailed'],
    ['another has what is claimed', { kind: 'conflict' }, 'Conflict'],
    ['source ports run out', { kind: 'kernel', reason: 'SourcePortsScarce' }, 'SourcePortsScarce'],
    [
      '127.0.0.1 is taken',
      { kind: 'conflict', reason: 'FailedToListenOnLoopback' },
      'FailedToListenOnLoopback',
    ],
  ] as const)('where %s has the reason for that', (_, about, reason) => {
    expect(problemFound({ ...PROBLEM, ...about }, undefined)).toMatchObject({ reason });
  });

  it('is nothing where a problem is about no Service', () => {
    const { service: _, ...about } = PROBLEM;
    expect(problemFound(about, undefined)).toBeUndefined();
  });

  it('has the reasons of kube-proxy', () => {
    expect(agentStarts('node-1')).toMatchObject({
      subject: { kind: 'Node', name: 'node-1', uid: 'node-1' },
      type: 'Normal',
      reason: 'Starting',
      action: 'StartKubeProxy',
    });
    const port = { ...PROBLEM, field: 'spec.healthCheckNodePort' };
    expect(problemFound({ ...port, kind: 'conflict' }, undefined)).toMatchObject({
      subject: { kind: 'Service', namespace: 'default', name: 'web' },
      reason: 'FailedToStartServiceHealthcheck',
      action: 'Listen',
    });
    expect(problemFound(port, undefined)).toMatchObject({ reason: 'InvalidField', action: 'Program' });
  });
});

describe('problems', () => {
  it('appear once and settle once', () => {
    const changes = new ProblemChanges();
    expect(changes.take([PROBLEM]).appeared).toEqual([PROBLEM]);
    expect(changes.take([{ ...PROBLEM }])).toEqual({ appeared: [], settled: [] });
    expect(changes.take([]).settled).toEqual([PROBLEM]);
  });

  it('of one cause stay the same while their words change', () => {
    const changes = new ProblemChanges();
    const away = { ...PROBLEM, cause: 'the API server cannot be reached' };
    changes.take([away]);
    expect(changes.take([{ ...away, message: 'the connection was reset.' }])).toEqual({
      appeared: [],
      settled: [],
    });
  });
});
