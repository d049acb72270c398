/** Why a field, or group of fields, went from one side to the other in a pass. No value of the record is in it. */
import type { Side } from '../entities/define-entity.ts';

export interface FieldDecision {
  /** Name of the group: `phone`, `address`. */
  readonly field: string;
  readonly to: Side;
  /**
   * `edited`: only the other side had changed it. `empty`: it was never agreed on, and this side had no value. `deleted`:
   * Odoo no longer has the record. `restored`: a person brought it back. All others: it was contested, and that rule
   * chose the winner.
   */
  readonly rule: string;
  /** The clocks do not prove the order. */
  readonly close: boolean;
  /** When each side was last modified, in bridge milliseconds; null for a side without a record. */
  readonly at: { readonly app: number | null; readonly odoo: number | null };
  /** What became of the write: `ok` once the side answered that it is done, `none` when nothing had to be written. */
  readonly written: 'ok' | 'later' | 'stale' | 'missing' | 'spent' | 'refused' | 'failed' | 'none';
}
