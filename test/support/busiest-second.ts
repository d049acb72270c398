/** The most calls that arrived within any sliding second, of ascending times in milliseconds. */
export function busiestSecond(arrivals: readonly number[]): number {
  return Math.max(0, ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 1_000).length));
}
