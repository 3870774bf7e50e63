import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../deploy/support/deployments.js';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes': number;
  readonly permissions: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = join(PROJECT, '.github/workflows');
const FILES = readdirSync(FOLDER);
const textOf = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const workflowOf = (file: string) => parse(textOf(file)) as Workflow;
const jobsOf = (file: string) => Object.values(workflowOf(file).jobs);
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps }) => steps);

/** The fields that GitHub knows at each place, as far as they are used here. */
const FIELDS = {
  workflow: ['name', 'on', 'permissions', 'concurrency', 'jobs'],
  job: ['runs-on', 'timeout-minutes', 'permissions', 'environment', 'env', 'steps'],
  step: ['name', 'id', 'if', 'uses', 'run', 'with', 'env'],
};
const EVENTS = ['push', 'pull_request', 'schedule', 'workflow_dispatch', 'branch_protection_rule'];

/** What a job may do beyond reading, and why it has to. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'ci.yml': [],
  'kernels.yml': [],
  'scorecard.yml': ['security-events', 'id-token'],
  'release.yml': ['contents', 'packages', 'id-token', 'attestations'],
};

describe.each(FILES)('the workflow %s', (file) => {
  it('has only fields and events that are known', () => {
    const workflow = workflowOf(file);
    expect(FIELDS.workflow).toEqual(expect.arrayContaining(Object.keys(workflow)));
    expect(EVENTS).toEqual(expect.arrayContaining(Object.keys(workflow.on)));
    for (const job of jobsOf(file)) expect(FIELDS.job).toEqual(expect.arrayContaining(Object.keys(job)));
    for (const step of stepsOf(file)) {
      expect(FIELDS.step).toEqual(expect.arrayContaining(Object.keys(step)));
      expect(
        [step.uses, step.run].filter((one) => one !== undefined),
        step.name,
      ).toHaveLength(1);
    }
  });

  it('runs nothing but scripts of this repository that are there and may be run', () => {
    for (const { run } of stepsOf(file)) {
      if (run === undefined) continue;
      const [, script = '', rest = ''] =
        /^(?:sudo --preserve-env=PATH )?(\.?[\w./-]+)((?: [\w"$-]+)*)$/.exec(run) ?? [];
      expect(existsSync(join(PROJECT, script)), run).toBe(true);
      expect(statSync(join(PROJECT, script)).mode & 0o111, run).not.toBe(0);
      // What somebody may choose comes by the environment: written into the line it would be part of the program.
      expect(rest).not.toContain('{{');
    }
  });

  it('pins every action by its commit, and says of which version', () => {
    const lines = textOf(file).match(/uses:.*/g) ?? [];
    for (const line of lines) expect(line).toMatch(/^uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(lines).toHaveLength(stepsOf(file).filter(({ uses }) => uses !== undefined).length);
  });

  it('may do nothing by itself, and each job no more than it has to', () => {
    expect(workflowOf(file).permissions).toEqual({});
    for (const { permissions } of jobsOf(file)) {
      const writes = Object.entries(permissions).filter(([, right]) => right !== 'read');
      expect(writes.map(([name]) => name).sort()).toEqual([...(WRITES[file] ?? [])].sort());
      for (const [, right] of writes) expect(right).toBe('write');
    }
  });

  it('keeps no credentials after the checkout, and every job ends', () => {
    for (const { uses, with: settings } of stepsOf(file))
      if (uses?.startsWith('actions/checkout@'))
        expect(settings).toMatchObject({ 'persist-credentials': false });
    for (const job of jobsOf(file)) expect(job['timeout-minutes']).toBeLessThanOrEqual(360);
  });

  it('gives outside contributors no rights: no pull_request_target, no secrets where a pull request runs', () => {
    expect(textOf(file)).not.toContain('pull_request_target');
    if ('pull_request' in workflowOf(file).on)
      expect(textOf(file)).not.toMatch(/secrets\.|github\.token|id-token/);
  });
});

it('an action has the same commit wherever it is used', () => {
  const pins = new Map<string, Set<string>>();
  for (const { uses = '' } of FILES.flatMap(stepsOf)) {
    const [action = '', commit = ''] = uses.split('@');
    if (action !== '') pins.set(action, (pins.get(action) ?? new Set()).add(commit));
  }
  for (const [action, commits] of pins) expect(commits.size, action).toBe(1);
});

it('updates of packages, actions and base images are asked for', () => {
  const { updates } = parse(readFileSync(join(PROJECT, '.github/dependabot.yml'), 'utf8'));
  const ecosystems = updates.map((update: Record<string, unknown>) => update['package-ecosystem']);
  expect(ecosystems).toEqual(['npm', 'github-actions', 'docker']);
});

describe('the templates of issues', () => {
  const folder = join(PROJECT, '.github/ISSUE_TEMPLATE');
  const forms = readdirSync(folder).filter((name) => name !== 'config.yml');

  it.each(forms)('%s is a form that GitHub takes', (name) => {
    const { name: title, description, body } = parse(readFileSync(join(folder, name), 'utf8'));
    expect(title && description).toBeTruthy();
    for (const { type, id, attributes } of body) {
      expect(['markdown', 'textarea', 'input']).toContain(type);
      expect(type === 'markdown' ? attributes.value : attributes.label).toBeTruthy();
      if (type !== 'markdown') expect(id).toMatch(/^[a-z]+$/);
    }
    const ids = body.flatMap(({ id }: { id?: string }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('ask for a support bundle and the plan of the agent', () => {
    expect(readFileSync(join(folder, 'bug.yml'), 'utf8')).toMatch(
      /kubectl ipvs support-bundle --node NODE`[\s\S]*status -o json`[\s\S]*kube-ipvs-proxy plan --config/,
    );
    expect(readFileSync(join(folder, 'difference.yml'), 'utf8')).toContain('support-bundle --node NODE');
  });
});
