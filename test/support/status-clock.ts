import type { StatusClock } from '../../src/model/clock.js';
import { HandClock } from './hand-clock.js';

/** A clock by hand whose wall time can jump on its own. */
export class HandStatusClock extends HandClock implements StatusClock {
  #jumped = 0;

  wallTime(): number {
    return START + this.#jumped + this.now();
  }

  jump(milliseconds: number): void {
    this.#jumped += milliseconds;
  }
}

/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600_000;
