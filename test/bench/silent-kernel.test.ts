import { describe, expect, it } from 'vitest';
import { assembleCore } from '../../bench/kernel/core.js';
import type { Mix } from '../../bench/kernel/mix.js';
import { ReadySilentKernel } from '../../bench/kernel/silent-kernel.js';

describe('the agent measured without a kernel', () => {
  it.each<Mix>(['plain', 'mixed'])('programs every %s Service, and all answers say so', async (mix) => {
    const core = assembleCore({ services: 100, endpoints: 3, mix }, { kernel: new ReadySilentKernel() });
    await core.source.start(core.loop);
    const passed = core.nextPass();
    core.loop.begin();
    const { done } = await passed;
    const { synced, problems } = core.loop.state();
    await core.close();
    expect({ synced, problems }).toEqual({ synced: true, problems: [] });
    expect(done.get('add-real-server')).toBeGreaterThanOrEqual(300);
  });
});
