/** The clock of one side: off by some offset, and set anew from time to time. */
export interface SideClock {
  /** Milliseconds of the side's clock at a true instant (now, when left out). */
  read(at?: number): number;
  /** Sets the clock forward or back. */
  jump(ms: number): void;
  offset(): number;
  /** True time of the last jump. */
  jumpedAt(): number;
}

export function createSideClock(now: () => number, offsetMs: number): SideClock {
  const settings = [{ since: Number.NEGATIVE_INFINITY, offset: offsetMs }];
  const last = () => settings.at(-1) ?? { since: 0, offset: 0 };
  return {
    read(at = now()) {
      const setting = settings.findLast(({ since }) => since <= at) ?? last();
      return at + setting.offset;
    },
    jump(ms) {
      settings.push({ since: now(), offset: last().offset + ms });
    },
    offset: () => last().offset,
    jumpedAt: () => last().since,
  };
}
