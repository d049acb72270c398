/** How long to wait before the next try, or the next look. */

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 5_000;

/**
 * Doubling, with full jitter, so that many records do not come back at once.
 * @param attempts how many tries failed before this one
 * @param random 0 up to 1
 * @param atLeastMs what the other side asked for (`Retry-After`)
 */
export function backoffMs(attempts: number, random: number, atLeastMs = 0): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.max(atLeastMs, Math.round(ceiling / 2 + (ceiling / 2) * random));
}

/**
 * For what another worker ends within a moment, unless it died: then its lease runs out first, and looking four times a
 * second would use up the calls that a side allows.
 * @param waitedMs how long it has waited already; below zero where the clocks of store and bridge differ
 */
export function lookAgainMs(waitedMs: number): number {
  return Math.min(LONGEST_LOOK_MS, Math.max(FIRST_LOOK_MS, Math.round(waitedMs / 2)));
}
