/** Waiting before the next try: doubling, with full jitter, so that many records do not come back at once. */

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/**
 * @param attempts how many tries failed before this one
 * @param random 0 up to 1
 * @param atLeastMs what the other side asked for (`Retry-After`)
 */
export function backoffMs(attempts: number, random: number, atLeastMs = 0): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.max(atLeastMs, Math.round(ceiling / 2 + (ceiling / 2) * random));
}
