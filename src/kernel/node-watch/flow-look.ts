import { type Clock, STEPS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import type { Addon, KernelHandle } from '../native/addon.js';
import { decodeFlows } from '../native/answer-decoder.js';
import type { FlowRecord } from '../native/records.js';

/** One that looks for something among the tracked flows. */
export interface FlowSource {
  /** Whether enough time has passed since the last look. */
  readonly isRested: boolean;
  /** Hands over the balanced flows that have all bits of `status`, one after the other. */
  each(status: number, take: (flow: FlowRecord) => void): Promise<void>;
}

/** Milliseconds between two looks, where they cost next to nothing. */
const LEAST_REST = 30_000;
/** Of the time that the last look took: at most 0.25 % of a processor goes into looking. */
const REST = 400;
/** 16 MB of records; what goes beyond them is not looked at. */
const MOST_FLOWS = 200_000;

/**
 * Reads connection tracking as a whole, on a handle of its own, and rarely: a look costs as much as there are
 * connections.
 */
export class FlowLook implements FlowSource {
  readonly #addon: Addon;
  readonly #clock: Pick<Clock, 'now'>;
  #handle: KernelHandle | undefined;
  #restedAt = Number.NEGATIVE_INFINITY;

  constructor(addon: Addon, clock: Pick<Clock, 'now'>) {
    this.#addon = addon;
    this.#clock = clock;
  }

  get isRested(): boolean {
    return this.#clock.now() >= this.#restedAt;
  }

  async each(status: number, take: (flow: FlowRecord) => void): Promise<void> {
    const began = this.#clock.now();
    try {
      // Most nodes never need it.
      this.#handle ??= new this.#addon.KernelHandle({ device: '', table: '', sets: [] });
      const slice = new TimeSlice(this.#clock, STEPS_PER_LOOK);
      for (const flow of decodeFlows(await this.#handle.dumpFlows(status, MOST_FLOWS))) {
        take(flow);
        if (slice.over) await slice.yieldTurn();
      }
    } finally {
      const now = this.#clock.now();
      this.#restedAt = now + Math.max(LEAST_REST, (now - began) * REST);
    }
  }

  close(): void {
    this.#handle?.close();
  }
}
