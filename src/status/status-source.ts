import type { StatusReport } from '../model/status-report.js';
import { type AgentView, type KernelView, statusReport } from './status-report.js';

/**
 * Makes reports for everyone who asks, one look at the kernel at a time: who asks while a look is under way gets the
 * answer of that look.
 */
export class StatusSource {
  readonly #look: () => Promise<KernelView>;
  readonly #agent: () => AgentView;
  #current: Promise<StatusReport> | undefined;

  constructor(look: () => Promise<KernelView>, agent: () => AgentView) {
    this.#look = look;
    this.#agent = agent;
  }

  report(): Promise<StatusReport> {
    this.#current ??= this.#look()
      .then((kernel) => statusReport(kernel, this.#agent()))
      .finally(() => {
        this.#current = undefined;
      });
    return this.#current;
  }
}
