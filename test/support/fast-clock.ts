import type { Clock } from '../../src/model/clock.js';

/** Real time, but so many times faster: what waits a minute in a cluster waits a second or less in a test. */
export class FastClock implements Clock {
  readonly speed: number;

  constructor(speed: number) {
    this.speed = speed;
  }

  now(): number {
    return performance.now() * this.speed;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(action, milliseconds / this.speed);
    return () => clearTimeout(timer);
  }
}
