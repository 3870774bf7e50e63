import { afterEach, describe, expect, it, vi } from 'vitest';
import { runSelftest, type Trial } from '../../src/cli/selftest.js';

/** A kernel in which the virtual server leads straight to our own server, since both are at one address. */
class FakeTrial implements Trial {
  readonly done: string[] = [];
  left: readonly string[] = [];
  holder: string | undefined;
  counted = 1;
  refuses: keyof Trial | undefined;

  async remove() {
    this.#note('remove');
    const { left } = this;
    this.left = [];
    return left;
  }
  async holderOf() {
    return this.holder;
  }
  async bind() {
    this.#note('bind');
  }
  async serve() {
    this.#note('serve');
  }
  async connections() {
    return this.counted;
  }
  close() {
    this.done.push('close');
  }

  #note(step: keyof Trial): void {
    this.done.push(step);
    if (this.refuses === step) throw new Error(`${step} is refused.`);
  }
}

const errors: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  errors.length = 0;
});

async function run(trial: FakeTrial, address = '192.0.2.253') {
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => errors.push(String(text)) > 0);
  let text = '';
  const code = await runSelftest({ address }, { open: () => trial, write: (piece) => (text += piece) });
  return { code, text };
}

describe('a self-test', () => {
  it.each(['nonsense', '127.0.0.1', '::1', '0.0.0.0', '224.0.0.1', 'fe80::1', 'ff02::1'])(
    'refuses the address %s before it touches anything',
    async (address) => {
      const trial = new FakeTrial();
      expect(await run(trial, address)).toEqual({ code: 2, text: '' });
      expect(trial.done).toEqual([]);
      expect(errors.join('')).toContain(`'${address}' is no address for a self-test`);
    },
  );

  it('tries nothing where the address is used', async () => {
    const trial = new FakeTrial();
    trial.holder = 'the device eth0';
    const { code, text } = await run(trial);
    expect(text).toContain('Not tried: 192.0.2.253 is used by the device eth0.');
    expect({ code, done: trial.done }).toEqual({ code: 1, done: ['remove', 'close'] });
  });

  it('says what a killed one had left', async () => {
    const trial = new FakeTrial();
    trial.left = ['removed the device kube-ipvs-test'];
    const { text } = await run(trial);
    const left = 'removed the device kube-ipvs-test, left by one that was killed';
    expect(text.replace(/\s+/g, ' ')).toContain(left);
    expect(text.split('\n').filter(({ length }) => length > 80)).toEqual([]);
  });

  it.each(['bind', 'serve'] as const)('removes everything where the kernel refuses to %s', async (step) => {
    const trial = new FakeTrial();
    trial.refuses = step;
    const { code, text } = await run(trial);
    expect(code).toBe(1);
    expect(text).toMatch(/^IPVS does not work on this node: /);
    expect(trial.done.slice(-2)).toEqual(['remove', 'close']);
  });

  it('does not say that it removed anything where it could make nothing', async () => {
    const trial = new FakeTrial();
    trial.refuses = 'remove';
    const { text } = await run(trial);
    expect(text).toMatch(/^IPVS does not work on this node: remove is refused\.$/m);
    expect(text).not.toContain('everything');
  });

  it('is tried by one at a time', async () => {
    const first = new FakeTrial();
    let goOn: () => void = () => undefined;
    first.holderOf = () => new Promise((resolve) => (goOn = () => resolve('somebody')));
    const running = run(first);
    await expect.poll(() => first.done).toEqual(['remove']);
    const second = new FakeTrial();
    expect((await run(second)).text).toBe('Not tried: another self-test is running on this node.\n');
    expect(second.done).toEqual([]);
    goOn();
    await running;
  });
});
