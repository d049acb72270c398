/** One call of a bridge process to a side or to its store goes wrong, or the process dies of it. */
import type { Side } from '../../src/entities/define-entity.ts';

export const BLOWS = [
  /** Nothing was done, and the bridge is told so. */
  'fails_before',
  /** All was done, but the answer is lost. */
  'fails_after',
  /** The process dies, and nothing was done. */
  'dies_before',
  /** All was done, and the process dies before it hears of it. */
  'dies_after',
  /** The bridge gives up; it is done a while later all the same. */
  'fails_late',
  /** The process dies; what it asked for is done when another one works already. */
  'dies_late',
] as const;
export type Blow = (typeof BLOWS)[number];

/** What a process asks its store for is done at once or never, and a late reading is none: these hit writes to a side only. */
export function isLate(blow: Blow): boolean {
  return blow === 'fails_late' || blow === 'dies_late';
}

export interface IoPoint {
  readonly side: Side | 'database';
  readonly name: string;
  readonly writes: boolean;
  /** True time. */
  readonly now: number;
}

/** What shall become of the call; null lets it be. */
export type Strike = (point: IoPoint) => Blow | null;

export interface Striker {
  readonly strike: Strike;
  /** Where it struck, as `odoo write 1`; null if it never did. */
  struck(): string | null;
}

export interface StrikeOptions {
  readonly from: number;
  readonly to: number;
  /** The process dies after the first call of this name as well, and only then the counting begins. */
  readonly diesAfter?: string | undefined;
}

/** Strikes the n-th call, of those that the blow can hit, within the time. */
export function strikeNth(blow: Blow, nth: number, { from, to, diesAfter }: StrikeOptions): Striker {
  let left = nth;
  let struck: string | null = null;
  let opening = diesAfter;
  return {
    strike({ side, name, writes, now }) {
      if (struck !== null || now < from || now >= to) return null;
      if (opening !== undefined) {
        if (name !== opening) return null;
        opening = undefined;
        return 'dies_after';
      }
      if (isLate(blow) && (side === 'database' || !writes)) return null;
      left -= 1;
      if (left > 0) return null;
      struck = `${side} ${name}`;
      return blow;
    },
    struck: () => struck,
  };
}
