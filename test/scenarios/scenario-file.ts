/** A scenario as its file tells it; see README.md. */
export interface Scenario {
  /** The sentence at the top. */
  readonly behaviour: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly name: SectionName;
  readonly body: string;
}

const STEPS = ['node', 'apply', 'delete', 'connections', 'listeners', 'wait'] as const;
const EXPECTATIONS = ['plan', 'kernel', 'problems', 'health checks', 'left alone'] as const;

export type Step = (typeof STEPS)[number];
export type Expectation = (typeof EXPECTATIONS)[number];
type SectionName = Step | Expectation;

export const NOTHING = '(nothing)';

export function isExpectation(name: SectionName): name is Expectation {
  return EXPECTATIONS.some((expectation) => expectation === name);
}

export function parseScenario(text: string): Scenario {
  const [head = '', ...rest] = text.split(/^-- (.*) --\n/m);
  const behaviour = head
    .split('\n')
    .map((line) => line.replace(/^# ?/, ''))
    .join(' ')
    .trim();
  if (behaviour === '') throw new Error('a scenario begins with a comment that says the behaviour');
  const sections: Section[] = [];
  for (let index = 0; index + 1 < rest.length; index += 2)
    sections.push({ name: sectionName(rest[index] ?? ''), body: (rest[index + 1] ?? '').trim() });
  if (!sections.some(({ name }) => isExpectation(name))) throw new Error('a scenario expects something');
  return { behaviour, sections };
}

function sectionName(name: string): SectionName {
  const known = [...STEPS, ...EXPECTATIONS].find((each) => each === name);
  if (known === undefined) throw new Error(`there is no section called '${name}'`);
  return known;
}

/** The file's text with other bodies; the head stays as it was written. */
export function withBodies(text: string, bodies: readonly string[]): string {
  const [head = '', ...rest] = text.split(/^-- (.*) --\n/m);
  const names = rest.filter((_, index) => index % 2 === 0);
  return `${[head.trim(), ...names.map((name, index) => `-- ${name} --\n${bodies[index]}`)].join('\n\n')}\n`;
}
