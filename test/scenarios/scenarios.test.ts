import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario, withBodies } from './scenario-file.js';
import { ScenarioStage } from './scenario-stage.js';

const FOLDER = new URL('.', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const REWRITES = process.env.SCENARIO_UPDATE === '1' && process.env.CI === undefined;

describe('scenario', () => {
  it.each(FILES.map((file) => [file, parseScenario(read(file))] as const))(
    '%s: $1.behaviour',
    async (file, { sections }) => {
      const stage = new ScenarioStage(sections);
      await stage.begin();
      const bodies: string[] = [];
      for (const section of sections) bodies.push(await stage.play(section));
      const played = withBodies(read(file), bodies);
      if (REWRITES) writeFileSync(new URL(file, FOLDER), played);
      else expect(played).toBe(read(file));
    },
  );
});

describe('a scenario file', () => {
  it.each([
    ['-- plan --\n(nothing)\n', 'begins with a comment'],
    ['# It works.\n-- pln --\n', "no section called 'pln'"],
    ['# It works.\n-- apply --\na: 1\n', 'expects something'],
  ])('that makes no sense is refused: %j', (text, complaint) => {
    expect(() => parseScenario(text)).toThrow(complaint);
  });
});

function read(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}
