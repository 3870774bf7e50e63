import { writeFile } from 'node:fs/promises';

const INTERVAL = 2000;

/**
 * Lets edits that are made outside of an emulated machine be seen inside: its file system is that of the machine
 * around it, cached without ever being compared. Answers with the function that ends it.
 */
export function keepViewFresh(): () => void {
  // scripts/test-kernel/run says which kernel this is.
  if (process.env.TEST_KERNEL !== 'vm' && process.env.TEST_KERNEL !== 'uml') return () => undefined;
  const timer = setInterval(() => void forgetFiles(), INTERVAL);
  return () => clearInterval(timer);
}

// 2 drops names and inodes with their pages, 0.1 s; whatever is needed is read again.
async function forgetFiles(): Promise<void> {
  await writeFile('/proc/sys/vm/drop_caches', '2').catch(() => undefined);
}
