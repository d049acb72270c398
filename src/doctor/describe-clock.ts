/** How far a side's clock is off, and whether that matters. */
import type { ClockEstimate } from '../backends/clock-offset.ts';
import { type Finding, fail, ok, warn } from './check.ts';

/** Signatures and keys are refused beyond this (contract: 300 s). */
const MOST_MS = 300_000;
const NOTICEABLE_MS = 5_000;

export function describeClock(clock: ClockEstimate, whose: string): Finding {
  const { offsetMs, uncertaintyMs } = clock.current();
  const off = Math.max(0, Math.abs(offsetMs) - uncertaintyMs);
  const direction = offsetMs > 0 ? 'ahead of' : 'behind';
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  if (off <= NOTICEABLE_MS)
    return ok(`${whose} clock and ours agree, to within ${seconds(off + 2 * uncertaintyMs)} s.`);
  const detail = `${whose} clock is ${seconds(Math.abs(offsetMs))} s ${direction} ours (± ${seconds(uncertaintyMs)} s).`;
  const remedy =
    'Let both machines set their clocks by NTP. The bridge reckons with the difference, but people do not.';
  return off > MOST_MS ? fail(detail, remedy) : warn(detail, remedy);
}
