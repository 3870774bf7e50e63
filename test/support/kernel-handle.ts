import { type KernelHandle, type KernelHandleOptions, loadAddon } from '../../src/kernel/native/addon.js';

/** A handle of the addon as it was built for this machine. */
export function openKernelHandle(options: KernelHandleOptions): KernelHandle {
  return new (loadAddon().KernelHandle)(options);
}
