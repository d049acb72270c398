/** I1, I3, I12: when all is calm both sides tell the same of every record, but of those that wait for a person. */
import type { CanonicalRecord, Entity, FieldValue } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { LinkView } from './link-view.ts';
import { createReferences, normalPhone, normalVat, type PartnerRow, TAGS } from './partner-row.ts';
import { REFUSED_BY_APP } from './sim-app.ts';
import { REFUSED_BY_ODOO } from './sim-odoo.ts';
import type { Violation } from './violation.ts';
import type { World } from './world.ts';

export function checkEqual(world: World, links: readonly LinkView[], entities: readonly string[]): Violation[] {
  return [
    ...links.flatMap((link) => checkLink(world, link)),
    ...entities.flatMap((name) => checkComplete(world, links, entityNamed(name))),
  ];
}

function checkLink(world: World, link: LinkView): Violation[] {
  const where = `link ${link.id} ${link.entity} ${link.appId ?? '-'} ${link.odooId ?? '-'}`;
  if (link.dirty)
    return [{ invariant: 'I11', detail: `${where} is still to be worked on (${link.state} ${link.reason ?? ''})` }];
  const entity = entityNamed(link.entity);
  const row = link.appId === null ? undefined : world.app.find(entity, link.appId);
  const partner = link.odooId === null ? undefined : world.odoo.find(link.odooId);
  if (link.state === 'parked')
    return isRefusable(row, partner) ? [] : [{ invariant: 'I12', detail: `${where} is parked: ${link.reason}` }];
  if (link.state === 'held' || !row || !partner) return [];
  const isMember = partner.category_id.includes(TAGS[link.entity] ?? 0);
  if (isMember !== (link.state === 'active'))
    return [{ invariant: 'I1', detail: `${where} is ${link.state}, the tag says otherwise` }];
  if (!isMember) return [];
  const references = createReferences({ companyName: world.odoo.companyName, companyId: () => null });
  const [left, right] = [entity.app.decode(row), entity.odoo.decode({ ...partner }, references)];
  const fields = entity.groups.flatMap((group) => group.fields);
  const wrong = fields.filter((field) => !isEqual(entity, field, left, right, partner));
  return wrong.map((field) => ({
    invariant: 'I1',
    detail: `${where}: ${field} is ${String(left[field])} in the app, ${String(right[field])} in Odoo`,
  }));
}

/** A record that a side can never take waits for somebody to correct it. */
function isRefusable(row: object | undefined, partner: PartnerRow | undefined): boolean {
  const holds = (record: object | undefined, value: string) =>
    record !== undefined && Object.values(record).includes(value);
  return holds(row, REFUSED_BY_ODOO) || holds(partner, REFUSED_BY_APP);
}

function isEqual(
  entity: Entity,
  field: string,
  left: CanonicalRecord,
  right: CanonicalRecord,
  partner: PartnerRow,
): boolean {
  const [inApp, inOdoo] = [left[field] ?? null, right[field] ?? null];
  if (entity.same(field, inApp, inOdoo) || entity.same(field, inOdooSpelling(field, inApp), inOdoo)) return true;
  // What Odoo cannot hold stays as it is there.
  if (field === 'language') return inApp === 'pt';
  if (field === 'country') return inApp === 'XX';
  return field === 'type' && (partner.customer_rank > 1 || partner.supplier_rank > 1);
}

function inOdooSpelling(field: string, value: FieldValue): FieldValue {
  if (typeof value !== 'string') return value;
  if (field === 'vat') return normalVat(value);
  return field === 'phone' ? normalPhone(value) : value;
}

/** Everybody has a counterpart, or waits for a person. */
function checkComplete(world: World, links: readonly LinkView[], entity: Entity): Violation[] {
  const own = links.filter((link) => link.entity === entity.name);
  const settled = ({ state, appId, odooId }: LinkView) => state !== 'active' || (appId !== null && odooId !== null);
  const inApp = new Set(own.filter(settled).map(({ appId }) => appId));
  const inOdoo = new Set(own.filter(settled).map(({ odooId }) => odooId));
  const rows = world.app.rows(entity).filter(({ id, deleted_at }) => deleted_at === null && !inApp.has(id));
  const tag = TAGS[entity.name] ?? 0;
  const partners = world.odoo
    .visible(({ category_id, active }) => active && category_id.includes(tag))
    .filter(({ id }) => !inOdoo.has(id));
  const missing = (what: string) => ({ invariant: 'I1', detail: `${entity.name} ${what} has no counterpart` });
  return [...rows.map(({ id }) => missing(id)), ...partners.map(({ id }) => missing(String(id)))];
}
