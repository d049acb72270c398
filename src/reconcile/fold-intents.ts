/**
 * What became of writes whose end is not known: after a crash, or when the answer was lost. A write is one
 * transaction over there, so one value of it that is found tells that all of it was done. Pure.
 */
import type { SideRecord } from '../backends/backend.ts';
import { type CanonicalRecord, type Entity, type FieldValue, readField, type Side } from '../entities/define-entity.ts';
import type { Base, ClaimedLink, ConflictEntry, Instants, Intent } from '../links/links.ts';

export interface Folded {
  /** The base, with what landed folded in. */
  readonly base: Base | null;
  /** Bridge milliseconds until which a write of ours may still land; null when none is under way. */
  readonly unsettledUntil: number | null;
  /** Keys of the writes that have not landed, but may yet. */
  readonly pending: readonly string[];
  /** What lost by writes that landed. */
  readonly losers: readonly ConflictEntry[];
  /** Whether a side's stamp is that of a write that landed: nobody has edited it since. */
  readonly landedOn: { readonly app: boolean; readonly odoo: boolean };
  readonly edits: ClaimedLink['edits'];
}

/** A record with its stamp on the bridge's clock. */
export interface Seen extends Pick<SideRecord, 'values'> {
  readonly stamped: Instants;
}

interface Sides {
  readonly app: Seen | null;
  readonly odoo: Seen | null;
}

/** A write begins over there so soon after it was sent; only a call that hung begins later. */
const BEGINS_WITHIN_MS = 5_000;

export function foldIntents(entity: Entity, link: ClaimedLink, sides: Sides, now: number): Folded {
  const nothing = {
    unsettledUntil: null,
    pending: [],
    losers: [],
    landedOn: { app: false, odoo: false },
    edits: link.edits,
  };
  const created = link.intents.find(({ kind }) => kind === 'create');
  // Both sides were equal to what was sent when our creation landed: edits since then are edits.
  if (link.base === null && created && sides.app && sides.odoo) {
    const base = { app: created.fields, odoo: created.fields, stamps: { app: null, odoo: null }, mapping: null };
    return { ...nothing, base };
  }
  const updates = link.intents.filter(({ kind }) => kind === 'update');
  if (updates.length === 0 || link.base === null) return { ...nothing, base: link.base };

  const shadows = { app: { ...link.base.app }, odoo: { ...link.base.odoo } };
  const landedOn = { app: false, odoo: false };
  const edits = { ...link.edits };
  const losers: ConflictEntry[] = [];
  const pending: Intent[] = [];
  for (const intent of updates) {
    const record = sides[intent.side];
    if (record && hasLanded(entity, intent, record, shadows[intent.side])) {
      foldIn(entity, intent, record, shadows);
      landedOn[intent.side] = true;
      edits[intent.side] = intent.edited;
      losers.push(...intent.conflicts);
    } else if (intent.side === 'odoo' && intent.overAt > now) {
      pending.push(intent);
    }
  }
  const unsettledUntil = pending.length === 0 ? null : Math.max(...pending.map(({ overAt }) => overAt));
  for (const side of ['app', 'odoo'] as const) landedOn[side] &&= isUntouched(sides[side], shadows[side]);
  const keys = pending.map(({ key }) => key);
  return { base: { ...link.base, ...shadows }, unsettledUntil, pending: keys, losers, landedOn, edits };
}

/** Whether something of it is there that was not there before. */
function hasLanded(entity: Entity, { fields }: Intent, record: Seen, shadow: CanonicalRecord): boolean {
  const changing = Object.entries(fields).filter(([field, sent]) => sent !== readField(shadow, field));
  return (
    changing.length === 0 || changing.some(([field, sent]) => entity.same(field, readField(record.values, field), sent))
  );
}

function foldIn(
  entity: Entity,
  { side, fields, sentAt }: Intent,
  record: Seen,
  shadows: { app: Record<string, FieldValue>; odoo: Record<string, FieldValue> },
): void {
  const other: Side = side === 'app' ? 'odoo' : 'app';
  const { from, to } = record.stamped;
  const lastWritten = from <= sentAt + BEGINS_WITHIN_MS && to >= sentAt;
  for (const [field, sent] of Object.entries(fields)) {
    const now = readField(record.values, field);
    const left = now === readField(shadows[side], field);
    // Another value than the one sent is how that side spells it, as long as no later write shows; else it is an edit.
    if (!entity.same(field, now, sent) && (left || !lastWritten)) continue;
    shadows[side][field] = now;
    // What was sent is what the other side held then. Whatever it holds now, also its old value again, is an edit.
    shadows[other][field] = sent;
  }
}

function isUntouched(record: Seen | null, shadow: CanonicalRecord): boolean {
  return record !== null && Object.keys(shadow).every((field) => readField(record.values, field) === shadow[field]);
}
