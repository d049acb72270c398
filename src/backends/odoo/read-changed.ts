/** Listing an entity's Odoo records: all of its members, or whatever changed since a time. */
import { z } from 'zod';
import { idList } from '../../entities/codecs.ts';
import type { Entity } from '../../entities/define-entity.ts';
import type { ChangedPage, ClockOffset } from '../backend.ts';
import { changedSince } from './changed-since.ts';
import type { OdooContext } from './odoo-context.ts';
import {
  decodeRows,
  formatOdooTime,
  type OdooRow,
  pageSize,
  readRows,
  searchPage,
  searchRows,
} from './odoo-records.ts';
import type { RpcValue } from './transport.ts';

export interface ListingContext {
  readonly odoo: OdooContext;
  readonly clock: () => ClockOffset;
  /** Those of the records that a link of the entity knows, if only by half. */
  readonly findKnown: (entity: Entity, ids: readonly number[]) => Promise<ReadonlySet<number>>;
}

interface Page {
  readonly rows: readonly OdooRow[];
  /** The last id of a page that was full. */
  readonly next: number | null;
}

const bareRows = z.array(z.looseObject({ id: z.number() }));

/**
 * Pages by id within the window: a record that is written meanwhile cannot shift the pages.
 * @param since milliseconds of Odoo's clock, for members and what may have ceased to be one; null for all members
 */
export async function readChanged(
  context: ListingContext,
  entity: Entity,
  since: number | null,
  cursor: string | null,
): Promise<ChangedPage> {
  const { odoo } = context;
  await odoo.references.load(entity);
  // Taken before the read, on Odoo's clock, and rather too early than too late.
  const { offsetMs, uncertaintyMs } = context.clock();
  const serverTime = Date.now() + offsetMs - uncertaintyMs;
  const domain: RpcValue[] = [['id', '>', cursor === null ? 0 : Number(cursor)]];
  const membership = odoo.references.membershipOf(entity);
  if (since !== null) domain.push(...(await changedSince(odoo, entity, formatOdooTime(since))));
  else if (membership.kind === 'tag') domain.push([membership.field, 'in', [odoo.references.tagId(entity.name) ?? 0]]);
  const isMixed = since !== null && membership.kind === 'tag';
  const { rows, next } = isMixed
    ? await readOwn(context, entity, membership.field, domain)
    : await readAll(odoo, entity, domain);
  return {
    records: await decodeRows(odoo, entity, rows),
    unreadable: [],
    next: next === null ? null : String(next),
    serverTime,
  };
}

async function readAll(odoo: OdooContext, entity: Entity, domain: readonly RpcValue[]): Promise<Page> {
  const limit = pageSize(odoo.transport);
  const rows = await searchRows(odoo, entity, domain, limit);
  return { rows, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
}

/**
 * A model holds the records of several entities, and of none: who changed is asked first, and only members, and what a
 * link still takes for one, are then read in full. After a bulk write all entities of the model would read all of it.
 */
async function readOwn(
  { odoo, findKnown }: ListingContext,
  entity: Entity,
  field: string,
  domain: readonly RpcValue[],
): Promise<Page> {
  const tag = odoo.references.tagId(entity.name) ?? 0;
  const limit = pageSize(odoo.transport);
  const changed = bareRows.parse(await searchPage(odoo.transport, entity.odoo.model, domain, [field], limit));
  const [members, others] = [new Set<number>(), new Set<number>()];
  for (const row of changed) (idList(row[field]).includes(tag) ? members : others).add(row.id);
  const known = others.size === 0 ? new Set<number>() : await findKnown(entity, [...others]);
  const own = changed.map(({ id }) => id).filter((id) => members.has(id) || known.has(id));
  const next = changed.length < limit ? null : (changed.at(-1)?.id ?? null);
  return { rows: await readRows(odoo, entity, own), next };
}
