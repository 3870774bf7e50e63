import {
  type Addon,
  type KernelHandle,
  type KernelHandleOptions,
  loadAddon,
} from '../../src/kernel/native/addon.js';

/** A handle of the addon as it was built for this machine. */
export function openKernelHandle(options: KernelHandleOptions): KernelHandle {
  return new (loadAddon().KernelHandle)(options);
}

/** An addon whose handles have only what this class has. */
export function addonWith(Handle: new () => object): Addon {
  return {
    abi: 0,
    libnl: 'none',
    KernelHandle: Handle as unknown as Addon['KernelHandle'],
    setErrorClass: () => undefined,
  };
}
