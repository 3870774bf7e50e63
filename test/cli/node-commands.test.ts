import { expect, it } from 'vitest';
import { planText } from '../../src/cli/node-commands.js';
import { frontend } from '../../src/model/frontend.js';
import { VIP_A } from '../support/addresses.js';

it('a plan is printed in the order in which it would be performed', () => {
  const text = planText(
    ['make the dummy device'],
    [{ kind: 'close-frontend', frontend: frontend(VIP_A, 80, 'TCP') }],
  );
  expect(text).toBe(
    '2 changes, in this order:\n  prepare: make the dummy device\n  close-frontend 10.96.0.10:80/TCP\n',
  );
});

it('an empty plan says so', () => {
  expect(planText([], [])).toBe('Nothing to change: the kernel is as desired.\n');
});
