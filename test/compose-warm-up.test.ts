import { describe, expect, it } from 'vitest';
import { warmUpAgent } from '../src/compose-warm-up.js';

describe('the first pass that warms the agent up when it is compiled', () => {
  it('programs everything without a kernel', async () => {
    await expect(warmUpAgent()).resolves.toBeUndefined();
  });
});
