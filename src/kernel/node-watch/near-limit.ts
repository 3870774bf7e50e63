/** What is told from so much of a limit on is told until there is clearly less: a number that swings around one is told once. */
export const NEAR = 0.9;
const CLEARLY_LESS = 0.8;

export function isNear(share: number, wasNear: boolean): boolean {
  return share >= (wasNear ? CLEARLY_LESS : NEAR);
}

export function grouped(number: number): string {
  return number.toLocaleString('en-US');
}
