/** What a plan came to, as its own tables tell it when nothing is left to do. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { StoredError } from '../db/schema.ts';
import type { Side } from '../entities/define-entity.ts';
import type { FieldDiffs } from '../entities/field-diffs.ts';
import { findEntity } from '../entities/registry.ts';
import type { PlannedChange } from './run-changes.ts';

/** A write by the side and the id of the record; both may be of the plan only. */
export interface PlannedWrite extends Pick<PlannedChange, 'entity' | 'action' | 'fields'> {
  readonly side: Side;
  readonly id: string;
  readonly writes: boolean;
  readonly steps: readonly string[];
  readonly later: readonly string[];
}

interface Tie {
  readonly link: string;
  readonly entity: string;
  readonly app_id: string | null;
  readonly odoo_id: number | null;
}

/** @param isPlaceholder whether an id stands for a record that is only to be made */
export async function tellPlan(
  scratch: Db,
  writes: readonly PlannedWrite[],
  isPlaceholder: (side: Side, id: string) => boolean,
): Promise<readonly PlannedChange[]> {
  const ties = await findTies(scratch, writes);
  const conflicts = await findConflicts(scratch);
  const real = ({ app_id, odoo_id }: Pick<Tie, 'app_id' | 'odoo_id'>) => ({
    app_id: app_id === null || isPlaceholder('app', app_id) ? null : app_id,
    odoo_id: odoo_id === null || isPlaceholder('odoo', String(odoo_id)) ? null : odoo_id,
  });
  const told = writes.map(({ entity, side, id, action, writes: isWritten, fields, steps, later }): PlannedChange => {
    const alone = { app_id: side === 'app' ? id : null, odoo_id: side === 'odoo' ? Number(id) : null };
    const tie = ties.get(`${entity}:${side}:${id}`);
    const contested = action === 'link' ? [] : (conflicts.get(`${tie?.link}:${side}`) ?? []);
    return {
      entity,
      ...real(tie ?? (entity === 'school' ? { app_id: null, odoo_id: null } : alone)),
      action,
      to: isWritten ? side : null,
      fields: inOrder(entity, fields),
      ...(steps.length > 0 && { steps }),
      ...(later.length > 0 && { later }),
      ...(contested.length > 0 && { conflicts: contested }),
    };
  });
  const undone = await findUndone(scratch);
  return [
    ...told,
    ...undone.map((record) => ({ ...record, ...real(record), ...withoutPlanned(record, isPlaceholder) })),
  ];
}

/** A candidate that is only to be made cannot be chosen yet. */
function withoutPlanned({ app_id, reason }: PlannedChange, isPlaceholder: (side: Side, id: string) => boolean) {
  const other = app_id === null ? 'app' : 'odoo';
  const candidates = reason?.candidates?.filter((id) => !isPlaceholder(other, id));
  return candidates && { reason: { ...reason, candidates } };
}

/** As the entity has its fields: a name comes first. */
function inOrder(entity: string, fields: FieldDiffs): FieldDiffs {
  const order = findEntity(entity)?.groups.flatMap((group) => group.fields) ?? [];
  const told = Object.entries(fields).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  return Object.fromEntries(told);
}

/** Milliseconds until something that waits for its time is due; null when nothing does. */
export async function msUntilDue(scratch: Db): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from min(next_attempt_at) - clock_timestamp())::float8 * 1000 as ms from links
    where dirty_seq > done_seq and next_attempt_at > clock_timestamp()`.execute(scratch);
  return rows[0]?.ms ?? null;
}

/** The links that hold these records, by `entity:side:id`. */
async function findTies(scratch: Db, writes: readonly PlannedWrite[]): Promise<ReadonlyMap<string, Tie>> {
  const rows = writes.map(({ entity, side, id }) => ({ entity, side, id }));
  const found = await sql<Tie & { side: Side; id: string }>`
    with w as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as w(entity text, side text, id text))
    select w.side, w.id, l.id as link, l.entity, l.app_id, l.odoo_id
    from w join links l on w.side = 'app' and l.entity = w.entity and l.app_id = w.id
    union all
    select w.side, w.id, l.id, l.entity, l.app_id, l.odoo_id
    from w join links l on w.side = 'odoo' and l.entity = w.entity and l.odoo_id::text = w.id`.execute(scratch);
  return new Map(found.rows.map((tie) => [`${tie.entity}:${tie.side}:${tie.id}`, tie]));
}

/** By link and by the side that loses, which is the one that is written. */
async function findConflicts(scratch: Db) {
  const rows = await scratch
    .selectFrom('conflicts')
    .select(['link_id', 'field', 'winner', 'rule'])
    .orderBy('id')
    .execute();
  const groups = Map.groupBy(rows, ({ link_id, winner }) => `${link_id}:${winner === 'app' ? 'odoo' : 'app'}`);
  return new Map(
    [...groups].map(([key, group]) => [key, group.map(({ field, winner, rule }) => ({ field, winner, rule }))]),
  );
}

/** Records that would be set aside, would wait for a person, or for something else to be done first. */
async function findUndone(scratch: Db): Promise<readonly PlannedChange[]> {
  const { rows } = await sql<{
    entity: string;
    app_id: string | null;
    odoo_id: number | null;
    state: string;
    error: StoredError | null;
    hold: { kind: string; detail: string; candidates?: string[] } | null;
  }>`
    select entity, app_id, odoo_id, case when dirty_seq > done_seq then 'open' else state end as state, error, hold
    from links l
    where dirty_seq > done_seq
      or state in ('parked', 'held') and exists (select from sync_logs s where s.link_id = l.id)
    order by id`.execute(scratch);
  return rows.map(({ entity, app_id, odoo_id, state, error, hold }) => {
    const record = { entity, app_id, odoo_id, to: null, fields: {} };
    if (state === 'parked') return { ...record, action: 'park', ...(error && { reason: error }) };
    if (state !== 'held') return { ...record, action: 'wait', reason: error ?? NOT_REACHED };
    const { kind, detail, candidates } = hold ?? { kind: 'match', detail: '' };
    return {
      ...record,
      action: 'hold',
      reason: { code: `held_${kind}`, message: detail, ...(candidates && { candidates }) },
    };
  });
}

const NOT_REACHED = {
  code: 'not_reached',
  message: 'Nothing was decided about it: it did not come to rest.',
  remedy: 'Plan it again, or explain the record.',
};
