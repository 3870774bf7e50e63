import { Transform, type TransformCallback } from 'node:stream';

const TICK = 20;

/** Passes bytes on, at most so many a second. */
export class Pace extends Transform {
  bytesPerSecond: number | undefined;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.bytesPerSecond === undefined) {
      done(null, chunk);
      return;
    }
    const allowed = Math.max(1, Math.floor((this.bytesPerSecond * TICK) / 1000));
    this.push(chunk.subarray(0, allowed));
    const rest = chunk.subarray(allowed);
    if (rest.length === 0) setTimeout(done, TICK);
    else setTimeout(() => this._transform(rest, _, done), TICK);
  }
}
