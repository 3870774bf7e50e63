/**
 * Since when a server drains is noted in the kernel itself, so that an agent that starts in the middle of a drain goes on
 * with it: as the server's upper threshold, in seconds since boot. It has no other effect, since a server of weight 0
 * takes no new connections anyway, and it goes with the next weight (ip_vs_ctl.c, __ip_vs_update_dest).
 */
export function quietMark(): number {
  const [seconds] = process.hrtime();
  return Math.max(1, seconds);
}

/** The mark as milliseconds on the machine's clock; undefined where there is none. */
export function quietSince(weight: number, upperThreshold: number): number | undefined {
  return weight === 0 && upperThreshold > 0 ? upperThreshold * 1000 : undefined;
}
