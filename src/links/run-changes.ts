/** What a dry run would change, kept with its run. */
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { RunChangesTable } from '../db/schema.ts';
import type { Side } from '../entities/define-entity.ts';
import type { FieldDiffs } from '../entities/field-diffs.ts';
import type { ErrorDetail } from '../errors.ts';

/** As contract §4 shapes it. An id is null where the record is only to be made. */
export interface PlannedChange {
  readonly entity: string;
  readonly app_id: string | null;
  readonly odoo_id: number | null;
  /** `link` ties two records that are there; `hold`, `park` and `wait` say why nothing is done. */
  readonly action: 'create' | 'update' | 'archive' | 'restore' | 'delete' | 'link' | 'hold' | 'park' | 'wait';
  /** The side that is written; null where neither is. */
  readonly to: Side | null;
  readonly fields: FieldDiffs;
  /** Steps of business that go along in Odoo, in their order. */
  readonly steps?: readonly string[];
  /** Fields that the other side gets afterwards: what Odoo makes of them is not known before. */
  readonly later?: readonly string[];
  /** Contested fields, or groups of fields, that this write decides. */
  readonly conflicts?: readonly { readonly field: string; readonly winner: Side; readonly rule: string }[];
  readonly reason?: Partial<ErrorDetail> & { readonly candidates?: readonly string[] };
}

export interface RunChanges {
  store(runId: string, changes: readonly PlannedChange[]): Promise<void>;
  /** @param page its `cursor` is the `next_cursor` of the page before */
  list(
    runId: string,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ readonly data: readonly PlannedChange[]; readonly next_cursor: string | null }>;
}

const PORTION = 1_000;

export function createRunChanges(db: Db): RunChanges {
  return {
    async store(runId, changes) {
      for (let start = 0; start < changes.length; start += PORTION) {
        const rows = changes.slice(start, start + PORTION).map(({ to, fields, ...change }, index) => {
          const { entity, app_id, odoo_id, action, ...detail } = change;
          return { id: start + index + 1, entity, app_id, odoo_id, action, to_side: to, fields, detail };
        });
        await sql`
          insert into run_changes (run_id, id, entity, app_id, odoo_id, action, to_side, fields, detail)
          select ${runId}, c.* from json_to_recordset(${JSON.stringify(rows)}::json) as c(id integer, entity text,
            app_id text, odoo_id integer, action text, to_side text, fields json, detail json)`.execute(db);
      }
    },
    async list(runId, { cursor = '0', limit }) {
      const rows = await db
        .selectFrom('run_changes')
        .selectAll()
        .where('run_id', '=', runId)
        .where(sql<boolean>`id > ${cursor}::bigint`)
        .orderBy('id')
        .limit(limit)
        .execute();
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { data: rows.map(toChange), next_cursor: last === undefined ? null : String(last.id) };
    },
  };
}

function toChange({ entity, app_id, odoo_id, action, to_side, fields, detail }: Selectable<RunChangesTable>) {
  const told = { entity, app_id, odoo_id, action: action as PlannedChange['action'], to: to_side };
  return { ...told, fields: fields as FieldDiffs, ...(detail as object) };
}
