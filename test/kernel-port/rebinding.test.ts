import { describe, expect, it } from 'vitest';
import type { Answers, KernelHandle } from '../../src/kernel/native/addon.js';
import { Rebinding } from '../../src/kernel/netlink/rebinding.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import { decodeOperations } from '../native/packed-answers.js';
import { address, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const EEXIST = -17;
const EPERM = -1;

/** A handle that gives one answer to each record about an address, and notes all of them. */
function handleThatSays(answers: ReadonlyMap<string, number> = new Map()) {
  const tried: string[] = [];
  const handle: Pick<KernelHandle, 'apply'> = {
    async apply(buffer: Uint8Array, count: number): Promise<Answers> {
      const codes = decodeOperations(buffer, count).map((operation) => {
        const text = 'address' in operation ? `${operation.kind} ${operation.address}` : operation.kind;
        tried.push(text);
        return answers.get(text) ?? 0;
      });
      return { codes: Int32Array.from(codes), messages: [] };
    },
  };
  return { handle: handle as KernelHandle, tried };
}

describe('VIPs that are bound in the other way than is wanted', () => {
  it.each<[VipBinding, string, string]>([
    ['routes', 'bind-route', 'unbind-address'],
    ['addresses', 'bind-address', 'unbind-route'],
  ])('become %s: all are bound anew before the first loses its old binding', async (wanted, bind, unbind) => {
    const { handle, tried } = handleThatSays(new Map([[`${bind} ${VIP_A6}`, EEXIST]]));
    const rebinding = new Rebinding(handle, wanted);
    rebinding.saw([VIP_A, VIP_A6], new Set([VIP_A, VIP_A6]));
    expect(await rebinding.finishSome()).toBe(2);
    expect(tried).toEqual([
      `${bind} ${VIP_A}`,
      `${bind} ${VIP_A6}`,
      `${unbind} ${VIP_A}`,
      `${unbind} ${VIP_A6}`,
    ]);
    expect(await rebinding.finishSome()).toBe(0);
  });

  it('lose their old binding in parts, so that other work is not kept waiting, and have both until then', async () => {
    const { handle, tried } = handleThatSays();
    const rebinding = new Rebinding(handle, 'routes');
    const vips = Array.from({ length: 1000 }, (_, index) => address(`10.97.${index >> 8}.${index & 255}`));
    rebinding.saw(vips, new Set(vips));
    await rebinding.bindAll();
    expect(tried).toHaveLength(1000);
    expect([await rebinding.finishSome(), rebinding.size]).toEqual([512, 488]);
    expect([await rebinding.finishSome(), await rebinding.finishSome()]).toEqual([488, 0]);
    expect(tried.filter((text) => text.startsWith('unbind-address'))).toHaveLength(1000);
  });

  it('are left alone where nothing of ours guards them: another program may have bound them', async () => {
    const { handle, tried } = handleThatSays();
    const rebinding = new Rebinding(handle, 'routes');
    expect(rebinding.concerns({ isRoute: true })).toBe(false);
    rebinding.saw([VIP_A], new Set([VIP_B]));
    expect([await rebinding.finishSome(), tried]).toEqual([0, []]);
  });

  it('keep the old binding where the kernel refuses the new one', async () => {
    const { handle, tried } = handleThatSays(new Map([[`bind-route ${VIP_A}`, EPERM]]));
    const rebinding = new Rebinding(handle, 'routes');
    rebinding.saw([VIP_A, VIP_B], new Set([VIP_A, VIP_B]));
    expect(await rebinding.finishSome()).toBe(1);
    expect(tried).not.toContain(`unbind-address ${VIP_A}`);
    expect(tried).toContain(`unbind-address ${VIP_B}`);
  });

  it('are not bound anew where they were unbound meanwhile', async () => {
    const { handle, tried } = handleThatSays();
    const rebinding = new Rebinding(handle, 'routes');
    rebinding.saw([VIP_A], new Set([VIP_A]));
    rebinding.unbound(VIP_A);
    expect([rebinding.size, await rebinding.finishSome(), tried]).toEqual([0, 0, []]);
  });
});
