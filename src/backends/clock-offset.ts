/** A running estimate of how far a side's clock is from ours. */
import type { Clock, ClockOffset } from './backend.ts';

/** Readings kept: enough to be narrow, few enough to follow a clock that was set. */
const KEPT = 32;
/** Before the first reading nothing is known, so that nothing is proved by it. */
export const UNMEASURED: ClockOffset = { offsetMs: 0, uncertaintyMs: 86_400_000 };

export interface ClockEstimate {
  /**
   * One reading: the side's clock stood between `from` and `to` at some instant between `sentAt` and `receivedAt`
   * (bridge milliseconds).
   */
  observe(reading: { from: number; to: number; sentAt: number; receivedAt: number }): void;
  current(): Clock;
  isMeasured(): boolean;
}

/** Each reading bounds the offset; what all of them allow is the estimate. A reading that contradicts them starts anew. */
export function createClockEstimate(): ClockEstimate {
  let bounds: { low: number; high: number }[] = [];
  let formerly: NonNullable<Clock['formerly']> = [];
  // Asked for far more often than there are readings.
  let estimate: Clock = UNMEASURED;
  return {
    observe({ from, to, sentAt, receivedAt }) {
      const bound = { low: from - receivedAt, high: to - sentAt };
      const fits = bounds.every(({ low, high }) => bound.low <= high && bound.high >= low);
      if (!fits) formerly = [...formerly.slice(1 - KEPT), { ...narrow(bounds), until: receivedAt }];
      bounds = fits ? [...bounds.slice(1 - KEPT), bound] : [bound];
      estimate = { ...narrow(bounds), ...(formerly.length > 0 && { formerly }) };
    },
    isMeasured: () => bounds.length > 0,
    current: () => estimate,
  };
}

function narrow(bounds: readonly { readonly low: number; readonly high: number }[]): ClockOffset {
  const low = Math.max(...bounds.map((bound) => bound.low));
  const high = Math.min(...bounds.map((bound) => bound.high));
  return { offsetMs: Math.round((low + high) / 2), uncertaintyMs: Math.ceil(Math.abs(high - low) / 2) };
}
