/** Who changed what, and when in truth: what the checks compare the bridge's doings with. */
import type { CanonicalChanges, Side } from '../../src/entities/define-entity.ts';

export type Author = 'person' | 'bridge';

export interface Change {
  /** True time of the commit. */
  readonly at: number;
  /** True time at which the transaction began: what the side's stamp tells of. */
  readonly begunAt: number;
  readonly side: Side;
  /** `teacher:a1` in the app, the partner's number in Odoo. */
  readonly record: string;
  readonly author: Author;
  readonly kind: 'create' | 'update' | 'unlink';
  /** Canonical values after the change, of the fields that it changed. */
  readonly changes: CanonicalChanges;
  /** Names of the side's own fields that it changed. */
  readonly raw: readonly string[];
  /** The stamp that the side shows for it. */
  readonly stamp: string;
  /** For a creation by the bridge, or the tag that it gave to what it adopted, the name of the attempt. */
  readonly key?: string;
}

export interface Ledger {
  add(change: Change): void;
  readonly changes: readonly Change[];
  of(side: Side, record: string): readonly Change[];
}

export function createLedger(): Ledger {
  const changes: Change[] = [];
  const byRecord = new Map<string, Change[]>();
  return {
    add(change) {
      changes.push(change);
      const key = `${change.side} ${change.record}`;
      const known = byRecord.get(key);
      if (known) known.push(change);
      else byRecord.set(key, [change]);
    },
    changes,
    of: (side, record) => byRecord.get(`${side} ${record}`) ?? [],
  };
}

/** @returns the fields that differ, with their values in `after` */
export function diff(before: CanonicalChanges | null, after: CanonicalChanges): CanonicalChanges {
  const changes: Record<string, CanonicalChanges[string]> = {};
  for (const field in after)
    if (before === null || before[field] !== after[field]) changes[field] = after[field] ?? null;
  return changes;
}

/** Names of the fields of which the values are no longer the same ones. */
export function changedNames(before: object | undefined, after: object): readonly string[] {
  const [old, now] = [before ?? {}, after] as Readonly<Record<string, unknown>>[];
  return Object.keys(now ?? {}).filter((name) => String(old?.[name]) !== String(now?.[name]));
}
