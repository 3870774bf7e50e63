import { describe, expect, it } from 'vitest';
import { practiseFirstPass } from '../src/compose-practice.js';

describe('the first pass that is practised when the agent is compiled', () => {
  it('programs everything without a kernel', async () => {
    await expect(practiseFirstPass()).resolves.toBeUndefined();
  });
});
