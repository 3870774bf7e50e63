import { loadAddon } from './kernel/native/addon.js';
import { TrialService } from './kernel/trial-service/trial-service.js';

/** What `selftest` does in the kernel of this node, and what removes what one left. */

export function composeTrial(): TrialService {
  return new TrialService(loadAddon());
}

export async function removeTrialRemains(): Promise<readonly string[]> {
  const trial = composeTrial();
  try {
    return await trial.remove();
  } finally {
    trial.close();
  }
}
