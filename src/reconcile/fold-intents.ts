/**
 * What became of writes whose end is not known: after a crash, or when the answer was lost. A write is one
 * transaction over there, so one value of it that is found tells that all of it was done. Pure.
 */
import type { SideRecord } from '../backends/backend.ts';
import { type CanonicalRecord, type Entity, type FieldValue, readField, type Side } from '../entities/define-entity.ts';
import type { Base, ClaimedLink, ConflictEntry, CoveredEdit, Instants, Intent } from '../links/links.ts';

export interface Folded {
  /** The base, with what landed folded in. */
  readonly base: Base | null;
  /** Bridge milliseconds until which a write of ours may still land in Odoo; null when none is under way. */
  readonly unsettledUntil: number | null;
  /** Keys of the writes that have not landed, or creations that were not recognised, but may yet. */
  readonly pending: readonly string[];
  /** Those, and the writes that landed: to be kept by who does not store the base, the losers and the edits. */
  readonly unsettled: readonly string[];
  /** What lost by writes that landed. */
  readonly losers: readonly ConflictEntry[];
  /** Whether a write of ours landed: then the side's stamp may be that of our write. */
  readonly landedOn: { readonly app: boolean; readonly odoo: boolean };
  /** Whether somebody edited the side at about the time at which our write landed: then its stamp may be theirs. */
  readonly disturbed: { readonly app: boolean; readonly odoo: boolean };
  /** When people last edited a side whose stamp may be that of our write. */
  readonly edits: { readonly app: Instants | null; readonly odoo: Instants | null };
}

/** A record with its stamp on the bridge's clock. */
export interface Seen extends Pick<SideRecord, 'values' | 'stamp' | 'ownedGroups' | 'raw'> {
  readonly stamped: Instants;
}

interface Sides {
  readonly app: Seen | null;
  readonly odoo: Seen | null;
}

export function foldIntents(entity: Entity, link: ClaimedLink, sides: Sides, now: number): Folded {
  const made = foldCreation(entity, link, sides);
  const base = link.base ?? made?.base ?? null;
  const unmade =
    link.appId === null || link.odooId === null ? link.intents.filter(({ kind }) => kind === 'create') : [];
  const shadows = { app: { ...base?.app }, odoo: { ...base?.odoo } };
  const edits: { app: Instants | null; odoo: Instants | null } = {
    app: editSinceCovered(link.edits.app, sides.app, shadows.app),
    odoo: editSinceCovered(link.edits.odoo, sides.odoo, shadows.odoo),
  };
  const landed = new Map<Side, { readonly record: Seen; readonly last: Intent }>();
  const losers: ConflictEntry[] = [];
  const pending: Intent[] = [];
  const done: Intent[] = [];
  for (const intent of link.intents.filter(({ kind }) => kind === 'update')) {
    const { side } = intent;
    const record = sides[side];
    if (record && hasLanded(entity, intent, record, shadows[side])) {
      foldIn(entity, intent, record, shadows);
      landed.set(side, { record, last: intent });
      edits[side] = intent.edited;
      losers.push(...intent.conflicts);
      done.push(intent);
    } else if (mayLand(intent, record, now)) pending.push(intent);
  }
  const disturbed = { app: false, odoo: false };
  for (const [side, { record, last }] of landed) {
    const before = edits[side];
    edits[side] = editUnderWrite(entity, link, last, record, shadows[side], before);
    disturbed[side] = edits[side] !== before;
  }
  // The app refuses a write that comes too late as stale; only Odoo has to be waited for.
  const ends = pending.flatMap(({ side, overAt }) => (side === 'odoo' ? overAt : []));
  return {
    base: base && { ...base, ...shadows },
    unsettledUntil: ends.length === 0 ? null : Math.max(...ends),
    pending: [...unmade, ...pending].map(({ key }) => key),
    unsettled: [...(made ? [made.intent] : []), ...unmade, ...pending, ...done].map(({ key }) => key),
    losers,
    landedOn: { app: landed.has('app') || made?.asMade === 'app', odoo: landed.has('odoo') || made?.asMade === 'odoo' },
    disturbed,
    edits,
  };
}

/** What was sent to make the counterpart. An adoption is announced like a creation, but sends nothing. */
export function findCreation({ intents }: Pick<ClaimedLink, 'intents'>): Intent | undefined {
  return intents.find(({ kind, fields }) => kind === 'create' && Object.keys(fields).length > 0);
}

/** Both sides were equal to what was sent when our creation landed: edits since then are edits, and so are our own writes. */
function foldCreation(entity: Entity, link: ClaimedLink, sides: Sides) {
  const intent = findCreation(link);
  if (link.base !== null || !intent || !sides.app || !sides.odoo) return null;
  const { side, fields } = intent;
  const { [side]: record } = { app: sides.app, odoo: sides.odoo };
  const shadows = { app: fields, odoo: fields, [side]: asSpelled(fields, record) };
  // What Odoo does not hold, it cannot show: told again, it finds all done.
  if (side === 'odoo') shadows.odoo = { ...shadows.odoo, ...unheld(entity) };
  // What the app alone governs was left out: its being empty there is no news for Odoo.
  if (side === 'app') {
    const governed = entity.groups.flatMap(({ owner, fields: some }) => (owner === 'app' ? some : []));
    shadows.app = { ...shadows.app, ...pick(sides.app.values, governed) };
    shadows.odoo = { ...shadows.odoo, ...pick(sides.odoo.values, governed) };
  }
  const base: Base = { ...shadows, stamps: { app: null, odoo: null }, mapping: null };
  // As it was made, its stamp is that of our creation: what the creation left out is nobody's edit.
  return { intent, base, asMade: isAsMade(entity, intent, record) ? side : null };
}

/** Whether nobody has edited since what our creation brought. */
export function isAsMade(
  entity: Entity,
  { side, fields }: Intent,
  record: Pick<SideRecord, 'values' | 'raw' | 'ownedGroups'>,
): boolean {
  const governed = governedFields(entity, record);
  return Object.entries(fields).every(
    ([field, sent]) => governed.includes(field) || isThere(entity, side, record, field, sent),
  );
}

/** What the side governs by itself comes along with our write: a new school brings its own tax number. */
function governedFields({ groups }: Entity, { ownedGroups }: Pick<SideRecord, 'ownedGroups'>): readonly string[] {
  return groups.filter(({ name }) => ownedGroups.includes(name)).flatMap(({ fields }) => fields);
}

function pick(values: CanonicalRecord, fields: readonly string[]): CanonicalRecord {
  return Object.fromEntries(fields.map((field) => [field, readField(values, field)]));
}

function unheld({ odoo }: Entity): CanonicalRecord {
  return Object.fromEntries((odoo.signals ?? []).map((field) => [field, null]));
}

/** The app refuses a write on any other version than the one it was meant for; Odoo compares values only. */
function mayLand({ side, onStamp, overAt }: Intent, record: Seen | null, now: number): boolean {
  return overAt > now && (side === 'odoo' || record === null || record.stamp === onStamp);
}

/** Whether something of it is there that was not there before. */
function hasLanded(entity: Entity, { side, fields, strayed }: Intent, record: Seen, shadow: CanonicalRecord): boolean {
  const before = { ...shadow, ...strayed };
  const changing = Object.entries(fields).filter(([field, sent]) => sent !== readField(before, field));
  const isNew = ([field, sent]: [string, FieldValue]) => {
    const now = readField(record.values, field);
    return (
      entity.same(field, now, sent) || (now !== readField(before, field) && isThere(entity, side, record, field, sent))
    );
  };
  return changing.length === 0 || changing.some(isNew);
}

function foldIn(
  entity: Entity,
  { side, fields, strayed }: Intent,
  record: Seen,
  shadows: { app: Record<string, FieldValue>; odoo: Record<string, FieldValue> },
): void {
  const other: Side = side === 'app' ? 'odoo' : 'app';
  const before = { ...shadows[side], ...strayed };
  for (const [field, sent] of Object.entries(fields)) {
    // Left out of this write, or edited since: both look like what they are against the old shadow.
    if (!isThere(entity, side, record, field, sent)) continue;
    const now = readField(record.values, field);
    const isKept = now === shownAs(entity, side, record, field, sent);
    // What Odoo did not show before, it has not kept: somebody put it there since, over what our write brought.
    shadows[side][field] = isKept ? shownAs(entity, side, record, field, sent, readField(before, field)) : now;
    // What was sent is what the other side held then. Whatever it holds now, also its old value again, is an edit.
    shadows[other][field] = sent;
  }
}

/** Whether a value that was sent is there, maybe in the side's own spelling, or with what Odoo kept of its own. */
function isThere(
  entity: Entity,
  side: Side,
  record: Pick<SideRecord, 'values' | 'raw'>,
  field: string,
  sent: FieldValue,
): boolean {
  const now = readField(record.values, field);
  return entity.same(field, now, sent) || isSpelling(now, sent) || now === shownAs(entity, side, record, field, sent);
}

/** What was sent, with what Odoo has kept of its own; of that only what it showed `before`, if that is given. */
function shownAs(
  { odoo }: Entity,
  side: Side,
  { raw }: Pick<SideRecord, 'raw'>,
  field: string,
  sent: FieldValue,
  before?: FieldValue,
): FieldValue {
  return side === 'odoo' && odoo.shown ? odoo.shown(field, sent, raw, before) : sent;
}

/** A side may write a value in its own way (blanks, dots, capitals) within the very write that brought it. */
function isSpelling(now: FieldValue, sent: FieldValue): boolean {
  if (typeof now !== 'string' || typeof sent !== 'string') return false;
  const [left, right] = [now, sent].map((text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
  return left !== '' && left === right;
}

/** What was sent, in the spelling of the side that took it. */
function asSpelled(sent: CanonicalRecord, { values }: Seen): CanonicalRecord {
  const spelled = Object.entries(sent).map(([field, value]) => {
    const now = readField(values, field);
    return [field, isSpelling(now, value) ? now : value] as const;
  });
  return Object.fromEntries(spelled);
}

/** Nothing tells when what was edited between our reading and our writing was: any time until the write is possible. */
function editSinceCovered(edit: CoveredEdit | null, record: Seen | null, shadow: CanonicalRecord): Instants | null {
  if (!edit || !record) return edit;
  const others = findDiffering(record.values, { ...shadow, ...edit.strayed });
  if (others.length === 0) return edit;
  // A clock that was set back since may have told that edit to be later than this one.
  return { from: Math.min(edit.from, record.stamped.from), to: record.stamped.to };
}

function findDiffering(values: CanonicalRecord, expected: CanonicalRecord): readonly string[] {
  return Object.keys(values).filter((field) => values[field] !== readField(expected, field));
}

/**
 * When people last edited the side whose stamp is our write's now. Where all is as agreed, or as it was before the
 * write, so is the edit; else somebody edited it meanwhile, before or after the write landed, and any time between is
 * possible. A field of the write that is as before may be one that the side cannot hold, or one that was set back,
 * or the write never landed, and somebody chose one of its values.
 */
function editUnderWrite(
  entity: Entity,
  { intents }: ClaimedLink,
  { side, fields, strayed }: Intent,
  record: Seen,
  shadow: CanonicalRecord,
  before: Instants | null,
): Instants | null {
  const isAgreed = (field: string) => readField(record.values, field) === readField(shadow, field);
  const governed = governedFields(entity, record);
  const strange = findDiffering(record.values, { ...shadow, ...strayed }).filter((field) => !governed.includes(field));
  const untouched = strange.every((field) => field in fields && isAgreed(field));
  const whole = Object.entries(fields).every(([field, sent]) => isThere(entity, side, record, field, sent));
  if (untouched && whole) return before;
  const sent = Math.min(...intents.filter((intent) => intent.side === side).map(({ sentAt }) => sentAt));
  const from = Math.min(sent, record.stamped.from);
  return { from: untouched && before ? Math.min(before.from, from) : from, to: record.stamped.to };
}
