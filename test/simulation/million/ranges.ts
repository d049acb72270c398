/** Which seeds have been run: ranges that neither overlap nor touch, in order. */
import type { SeedRange } from '../run-seeds.ts';

export type Ranges = readonly SeedRange[];

export function addRange(ranges: Ranges, added: SeedRange): Ranges {
  const merged: SeedRange[] = [];
  for (const range of [...ranges, added].sort((left, right) => left.from - right.from)) {
    const last = merged.at(-1);
    if (last === undefined || last.from + last.count < range.from) merged.push(range);
    else merged[merged.length - 1] = { from: last.from, count: Math.max(endOf(last), endOf(range)) - last.from };
  }
  return merged;
}

/** @returns of the seeds 1 to `seeds` those that are in none of the ranges */
export function findGaps(ranges: Ranges, seeds: number): Ranges {
  const gaps: SeedRange[] = [];
  let next = 1;
  for (const range of [...ranges, { from: seeds + 1, count: 0 }]) {
    const to = Math.min(range.from, seeds + 1);
    if (to > next) gaps.push({ from: next, count: to - next });
    next = Math.max(next, endOf(range));
  }
  return gaps;
}

/** As `1-200 226-250`. */
export function formatRanges(ranges: Ranges): string {
  return ranges.map((range) => `${range.from}-${endOf(range) - 1}`).join(' ');
}

export function parseRanges(text: string): Ranges {
  return Array.from(text.matchAll(/(\d+)-(\d+)/g), ([, first, last]) => ({
    from: Number(first),
    count: Number(last) - Number(first) + 1,
  }));
}

/** The first seed after it. */
function endOf({ from, count }: SeedRange): number {
  return from + count;
}
