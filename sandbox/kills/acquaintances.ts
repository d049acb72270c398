/** Everybody whom the crowd knows, and what was done to them: what the two sides are compared with afterwards. */
import type { Side } from '../../src/entities/define-entity.ts';

export const FIELDS = ['phone', 'street', 'notes'] as const;
export type EditedField = (typeof FIELDS)[number];

export interface Edit {
  readonly field: EditedField;
  readonly side: Side;
  /** No two edits have the same. */
  readonly value: string;
  /** Between these two the side took it, in milliseconds of the own clock. */
  readonly from: number;
  readonly to: number;
}

export interface Acquaintance {
  readonly name: string;
  readonly collection: 'teachers' | 'tenants' | 'guests';
  /** Is archived and restored, and else left alone: an edit would restore it. */
  readonly comesAndGoes: boolean;
  /** On both sides at one moment. */
  readonly enteredTwice: boolean;
  appId: string | null;
  partnerId: number | null;
  readonly edits: Edit[];
}

/** A record that the bridge writes back and forth more often within ten minutes is parked as flapping. */
const TURNS = 4;

/** Whether one more edit there leaves the field short of going back and forth. */
export function mayEdit({ edits }: Acquaintance, field: EditedField, side: Side): boolean {
  const sides = edits.filter((edit) => edit.field === field).map((edit) => edit.side);
  const turns = sides.filter((one, index) => one !== sides[index - 1]).length;
  return sides.at(-1) === side || turns < TURNS;
}
