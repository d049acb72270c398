/** Reading Odoo records and bringing them into canonical form. */
import { z } from 'zod';
import { idList, many2one } from '../../entities/codecs.ts';
import type { CanonicalRecord, Children, Entity, OdooReferences, OdooValues } from '../../entities/define-entity.ts';
import type { SideRecord } from '../backend.ts';
import type { ReferenceStore } from './references.ts';
import type { OdooTransport, RpcValue } from './transport.ts';

export type OdooRow = OdooValues & { readonly id: number; readonly write_date: string; readonly create_date: string };

const childRows = z.array(z.looseObject({ id: z.number() }));
const rowsSchema = z.array(z.looseObject({ id: z.number(), write_date: z.string(), create_date: z.string() }));

/** Pages of this size keep the answer's parsing short: XML-RPC parses on the main thread, 190 µs a record. */
export function pageSize(transport: OdooTransport): number {
  return transport.kind === 'json2' ? 1_000 : 200;
}

/** Where records come from. */
export interface RecordSource {
  readonly transport: OdooTransport;
  readonly references: ReferenceStore;
}

/** `references` must have been loaded for the entity. */
export function fieldsToRead({ odoo }: Entity, references: ReferenceStore): string[] {
  const missing = (field: string) => odoo.optional?.includes(field) && !references.hasField(odoo.model, field);
  return [...odoo.fields.filter((field) => !missing(field)), 'write_date', 'create_date'];
}

/** Archived records included; what the user may not see is left out rather than refused. Ordered by id. */
export async function searchRows(
  source: RecordSource,
  entity: Entity,
  domain: readonly RpcValue[],
  limit: number | null,
): Promise<readonly OdooRow[]> {
  const fields = fieldsToRead(entity, source.references);
  const found = await searchPage(source.transport, entity.odoo.model, domain, fields, limit);
  return withChildren(source, entity, rowsSchema.parse(found));
}

/** The same of some fields, as Odoo answers. */
export function searchPage(
  transport: OdooTransport,
  model: string,
  domain: readonly RpcValue[],
  fields: string[],
  limit: number | null,
): Promise<unknown> {
  const args = { domain: [...domain], fields, order: 'id', load: '', ...(limit === null ? {} : { limit }) };
  return transport.call({ model, method: 'search_read', args, context: { active_test: false } });
}

/** Each record with the rows that hang on it. */
async function withChildren(
  { transport, references }: RecordSource,
  { odoo }: Entity,
  rows: readonly OdooRow[],
): Promise<readonly OdooRow[]> {
  if (rows.length === 0 || !odoo.children) return rows;
  const ids = rows.map(({ id }) => id);
  const parts = await Promise.all(
    Object.entries(odoo.children).map(async ([name, child]) => {
      const { parent, domain } = child;
      const model = modelOf(child, references);
      const fields = child.fields.filter(
        (field) => !child.optional?.includes(field) || references.hasField(model, field),
      );
      const args = {
        domain: [[parent, 'in', ids], ...(domain?.(references) ?? [])] as never,
        fields: [...fields, parent],
        order: 'id',
        load: '',
      };
      const found = childRows.parse(await transport.call({ model, method: 'search_read', args }));
      return { name, groups: Map.groupBy(found, (row) => many2one(row[parent])) };
    }),
  );
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(parts.map(({ name, groups }) => [name, groups.get(row.id) ?? []])),
  }));
}

export function modelOf({ model }: Children, references: OdooReferences): string {
  return typeof model === 'string' ? model : model(references);
}

export async function readRows(
  source: RecordSource,
  entity: Entity,
  ids: readonly number[],
): Promise<readonly OdooRow[]> {
  const rows: OdooRow[] = [];
  const size = pageSize(source.transport);
  for (let start = 0; start < ids.length; start += size) {
    rows.push(...(await searchRows(source, entity, [['id', 'in', ids.slice(start, start + size)]], null)));
  }
  return rows;
}

/** Loads what these rows refer to, so that decoding needs no further call. */
export async function loadReferences(
  references: ReferenceStore,
  entity: Entity,
  rows: readonly OdooValues[],
): Promise<void> {
  await references.load(entity);
  await references.counterparts.loadForRows(entity, rows);
  const parents = rows.flatMap((row) => many2one(row.parent_id) ?? []);
  await references.loadCompanies([...new Set(parents)]);
}

export async function decodeRows(
  { references }: Pick<RecordSource, 'references'>,
  entity: Entity,
  rows: readonly OdooRow[],
): Promise<readonly SideRecord[]> {
  await loadReferences(references, entity, rows);
  return rows.map((row) => toSideRecord(entity, row, references));
}

export function toSideRecord(entity: Entity, row: OdooRow, references: ReferenceStore): SideRecord {
  const at = parseOdooTime(row.write_date);
  const createdAt = parseOdooTime(row.create_date);
  const membership = references.membershipOf(entity);
  return {
    id: String(row.id),
    stamp: row.write_date,
    // RPC cuts the microseconds off: the write may have begun at any instant of that second.
    modified: { from: at, to: at + 999 },
    created: { from: createdAt, to: createdAt + 999 },
    values: withoutSignals(entity, entity.odoo.decode(row, references)),
    memberOf:
      membership.kind === 'linked'
        ? [entity.name]
        : references.tags.entitiesOf(membership.tagModel, idList(row[membership.field])),
    isCompany: entity.odoo.isCompany(row),
    ownedGroups: entity.odoo.ownedByOdoo(row),
    raw: row,
  };
}

/** What Odoo does not hold, it never agreed on: it only did what was told. */
export function withoutSignals({ odoo }: Entity, values: CanonicalRecord): CanonicalRecord {
  return { ...values, ...Object.fromEntries((odoo.signals ?? []).map((field) => [field, null])) };
}

/** `2026-11-23 10:49:53` is UTC. */
export function parseOdooTime(value: string): number {
  return Date.parse(`${value.slice(0, 19).replace(' ', 'T')}Z`);
}

export function formatOdooTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}
