/** The only source of chance of a run: the same seed gives the same choices. */
import { seededRandom } from '../odoo-simulator/faults.ts';

export interface Choose {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing */
  oneOf<T>(items: readonly T[]): T;
}

export function createChoose(seed: number): Choose {
  const next = seededRandom(seed);
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    oneOf(items) {
      if (items.length === 0) throw new RangeError('there is nothing to choose from');
      return items[between(0, items.length - 1)] as (typeof items)[number];
    },
  };
}
