/** Runs it, and answers with the most calls that were made between two turns of the event loop. */
export async function mostBetweenTurns(run: () => Promise<unknown>, calls: () => number): Promise<number> {
  let [most, before] = [0, calls()];
  const look = () => {
    most = Math.max(most, calls() - before);
    before = calls();
  };
  const tick = () => {
    look();
    ticking = setImmediate(tick);
  };
  let ticking = setImmediate(tick);
  await run();
  clearImmediate(ticking);
  look();
  return most;
}
