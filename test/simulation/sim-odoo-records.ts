/** Partners as records of a side, and the compare-and-set that the bridge's server action does on them. */
import type { SideRecord, UpdateOperation } from '../../src/backends/backend.ts';
import type { Entity, OdooWrite } from '../../src/entities/define-entity.ts';
import { type createReferences, type PartnerRow, type PartnerValues, TAGS } from './partner-row.ts';
import { accessDenied, type SimOdoo } from './sim-odoo.ts';

export interface UpdateRow {
  readonly id: number;
  readonly operation: UpdateOperation;
  readonly write: OdooWrite;
  readonly expect: Readonly<Record<string, unknown>>;
}

export function toUpdateRow(
  entity: Entity,
  operation: UpdateOperation,
  references: ReturnType<typeof createReferences>,
): UpdateRow {
  const { raw } = operation.record;
  const write = entity.odoo.encode(operation.changes, raw, references);
  const sources = new Set(Object.keys(operation.changes).flatMap((field) => entity.odoo.sources[field] ?? []));
  for (const field of Object.keys(write.values)) sources.add(field);
  const expect = Object.fromEntries([...sources].filter((field) => field in raw).map((field) => [field, raw[field]]));
  return { id: Number(operation.record.id), operation, write, expect };
}

/** The server action: all rows that still hold what is expected are written, in one transaction. */
export function writeIfUnchanged(
  odoo: SimOdoo,
  begunAt: number,
  rows: readonly Pick<UpdateRow, 'id' | 'write' | 'expect'>[],
): ReadonlyMap<number, PartnerRow> {
  return odoo.transact('bridge', begunAt, (transaction) => {
    if (rows.some(({ id }) => odoo.isHidden(id) && transaction.get(id))) throw accessDenied();
    // Read at first, as the action does: what one row does to another is not seen.
    const current = new Map(rows.map(({ id }) => [id, transaction.get(id)]));
    const done = rows.filter(({ id, expect }) => {
      const row = current.get(id);
      return row && isUnchanged(row, expect);
    });
    for (const { id, write } of done) transaction.write(id, write.values as PartnerValues);
    return new Map(done.map(({ id }) => [id, transaction.get(id) as PartnerRow]));
  });
}

export function isUnchanged(row: PartnerRow, expect: UpdateRow['expect']): boolean {
  return Object.entries(expect).every(([field, value]) => row[field as keyof PartnerRow] === value);
}

export function toNewPartner(
  entity: Entity,
  write: OdooWrite,
  references: ReturnType<typeof createReferences>,
): PartnerValues {
  const tag = references.tagId(entity.name);
  const born = entity.odoo.onCreate(references) as PartnerValues;
  return { ...born, ...(write.values as PartnerValues), category_id: tag === null ? [] : [tag] };
}

/** Rows are never altered, only replaced: what was made of one stays true, but for the name of its company. */
const known = new WeakMap<PartnerRow, Map<Entity, SideRecord>>();

export function toSideRecord(
  entity: Entity,
  row: PartnerRow,
  references: ReturnType<typeof createReferences>,
): SideRecord {
  const cached = known.get(row)?.get(entity);
  if (cached) return cached;
  const at = milliseconds(row.write_date);
  const createdAt = milliseconds(row.create_date);
  const raw: Readonly<Record<string, unknown>> = { ...row };
  const record: SideRecord = {
    id: String(row.id),
    stamp: row.write_date,
    modified: { from: at, to: at + 999 },
    created: { from: createdAt, to: createdAt + 999 },
    values: entity.odoo.decode(raw, references),
    memberOf: Object.keys(TAGS).filter((name) => row.category_id.includes(TAGS[name] ?? 0)),
    isCompany: row.is_company,
    ownedGroups: entity.odoo.ownedByOdoo(raw),
    raw,
  };
  if (!row.parent_id) known.set(row, (known.get(row) ?? new Map<Entity, SideRecord>()).set(entity, record));
  return record;
}

function milliseconds(stamp: string): number {
  return Date.parse(`${stamp.replace(' ', 'T')}Z`);
}

export function normalEmail(email: string | false): string {
  return email === false ? '' : email.trim().toLowerCase();
}

export function pick(row: PartnerRow | null, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (row === null) return {};
  return Object.fromEntries(fields.map((field) => [field, row[field as keyof PartnerRow]]));
}
