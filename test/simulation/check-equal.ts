/** I1, I3, I12: when all is calm both sides tell the same of every record, but of those that wait for a person. */
import type { CanonicalRecord, Entity, FieldGroup, FieldValue, Side } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { Change } from './ledger.ts';
import type { LinkView } from './link-view.ts';
import type { Schedule } from './operations.ts';
import { createReferences, normalPhone, normalVat, type PartnerRow, TAGS } from './partner-row.ts';
import { REFUSED_BY_APP } from './sim-app.ts';
import { REFUSED_BY_ODOO } from './sim-odoo.ts';
import type { Violation } from './violation.ts';
import { counterparts, type Witness } from './witness.ts';
import type { World } from './world.ts';

export function checkEqual(
  world: World,
  links: readonly LinkView[],
  witness: Witness,
  schedule: Schedule,
): Violation[] {
  const found = links.flatMap((link) => checkLink(world, links, witness, link, schedule));
  if (!schedule.polls) return found.map(({ detail }) => ({ invariant: 'I3', detail }));
  return [...found, ...schedule.entities.flatMap((name) => checkComplete(world, links, entityNamed(name), schedule))];
}

function checkLink(
  world: World,
  links: readonly LinkView[],
  witness: Witness,
  link: LinkView,
  schedule: Schedule,
): Violation[] {
  const where = `link ${link.id} ${link.entity} ${link.appId ?? '-'} ${link.odooId ?? '-'}`;
  if (link.dirty)
    return [{ invariant: 'I11', detail: `${where} is still to be worked on (${link.state} ${link.reason ?? ''})` }];
  // Without polls only that is known which a webhook told, and the bridge answered for.
  if (!schedule.polls && !isAcknowledged(world, link)) return [];
  const entity = entityNamed(link.entity);
  // Who was hidden when the bridge looked, and comes into view without having been edited since, is found by sweeps.
  const lastEdit = world.ledger.of('app', `${entity.name}:${link.appId}`).at(-1);
  if (!schedule.polls && world.app.wasHidden(entity, link.appId ?? '', lastEdit?.at)) return [];
  if (wasOverlooked(world, entity, link)) return [];
  const row = link.appId === null ? undefined : world.app.find(entity, link.appId);
  const partner = link.odooId === null ? undefined : world.odoo.find(link.odooId);
  // A poll does not see what is gone: without sweeps only a webhook tells of it, and that may have been lost.
  const mayBeGone = !partner && link.odooId !== null && !schedule.sweeps && !isTold(world, 'odoo', link);
  if (link.state === 'parked' && !mayBeGone) {
    const expected =
      link.reason === 'flapping' ? wentBackAndForth(world, witness, link, schedule) : isRefusable(row, partner);
    return expected ? [] : [{ invariant: 'I12', detail: `${where} is parked: ${link.reason}` }];
  }
  if (link.state === 'held' || !row) return [];
  if (!partner && link.state === 'active' && link.odooId !== null && !mayBeGone && row.deleted_at === null)
    return [{ invariant: 'I1', detail: `${where} is in use, its partner is deleted` }];
  if (!partner) return [];
  const isMember = partner.category_id.includes(TAGS[link.entity] ?? 0);
  if (isMember !== (link.state === 'active'))
    return [{ invariant: 'I1', detail: `${where} is ${link.state}, the tag says otherwise` }];
  if (!isMember) return [];
  const references = createReferences({ companyName: world.odoo.companyName, companyId: () => null });
  const [left, right] = [entity.app.decode(row), entity.odoo.decode({ ...partner }, references)];
  const fields = entity.groups.flatMap((group) => group.fields);
  const wrong = fields.filter(
    (field) =>
      !isEqual(world, entity, field, left, right, partner) && !(field === 'active' && isShared(world, links, link)),
  );
  return wrong.map((field) => ({
    invariant: 'I1',
    detail: `${where}: ${field} is ${String(left[field])} in the app, ${String(right[field])} in Odoo`,
  }));
}

/** Whether the bridge has taken a webhook for the last change of both records. */
function isAcknowledged(world: World, link: LinkView): boolean {
  return isTold(world, 'app', link) && isTold(world, 'odoo', link);
}

function isTold({ ledger, webhooks }: World, side: Side, { entity, appId, odooId }: LinkView): boolean {
  const id = String(side === 'app' ? appId : odooId);
  const last = ledger.of(side, side === 'app' ? `${entity}:${id}` : id).at(-1);
  return webhooks.acknowledged.some(
    ({ delivery, sentAt }) => delivery.source === side && delivery.recordId === id && sentAt >= (last?.at ?? 0),
  );
}

/**
 * A person's edit of a record that each listing had to leave out for as long as the edit was in its window, of which no
 * webhook told, and which nobody read since: when the record comes into view again, only a sweep finds out. What the
 * bridge wrote it knows.
 */
function wasOverlooked(world: World, entity: Entity, link: LinkView): boolean {
  const { appId, odooId } = link;
  const isUntold = (side: Side, record: string) =>
    world.ledger.of(side, record).at(-1)?.author === 'person' && !isTold(world, side, link);
  const inApp = appId !== null && world.app.isOverlooked(entity, appId) && isUntold('app', `${entity.name}:${appId}`);
  return inApp || (odooId !== null && world.odoo.isOverlooked(odooId) && isUntold('odoo', String(odooId)));
}

/**
 * One partner may stand for records of several kinds: it stays in use until all of them are archived, or wait for a
 * person. Who takes the tag off that kept it in use decides in Odoo what becomes of it.
 */
function isShared(world: World, links: readonly LinkView[], link: LinkView): boolean {
  const others = links.filter(({ id, odooId }) => odooId === link.odooId && id !== link.id);
  return others.some(({ entity, appId, state }) => {
    if (state === 'parked' || state === 'held') return true;
    if (state === 'out_of_scope' && wasUntaggedLater(world, link)) return true;
    const row = appId === null ? undefined : world.app.find(entityNamed(entity), appId);
    return row?.deleted_at === null;
  });
}

function wasUntaggedLater({ ledger }: World, { entity, appId, odooId }: LinkView): boolean {
  const archived = ledger.of('app', `${entity}:${appId}`).findLast(({ changes }) => 'active' in changes);
  const tagged = ledger.of('odoo', String(odooId)).findLast(({ raw }) => raw.includes('category_id'));
  return archived !== undefined && tagged !== undefined && tagged.at > archived.at;
}

/**
 * People who take turns at one group of fields, a street here and a country there, are as bad as programs that do. What
 * somebody edits in another record of a shared partner comes to this one through the partner. Turns that were taken
 * before a merge in Odoo, at the partner of then, are not forgotten.
 */
function wentBackAndForth(
  { ledger }: World,
  witness: Witness,
  { entity, appId }: LinkView,
  { scope }: Schedule,
): boolean {
  const byPeople = (side: Side, record: string) => ledger.of(side, record).filter(({ author }) => author === 'person');
  const own = `${entity}:${appId}`;
  const partners = counterparts(witness, { side: 'app', record: own });
  const family = new Set(partners.flatMap((record) => counterparts(witness, { side: 'odoo', record })));
  family.delete(own);
  const inApp = byPeople('app', own);
  const inOdoo = [
    ...partners.flatMap((record) => byPeople('odoo', record)),
    ...[...family].flatMap((record) => byPeople('app', record)),
  ];
  if (scope === 'record') return inApp.length >= 2 && inOdoo.length >= 2;
  const times = (changes: readonly Change[], { fields }: FieldGroup) =>
    changes.filter((change) => fields.some((field) => field in change.changes)).length;
  return entityNamed(entity).groups.some((group) => times(inApp, group) >= 2 && times(inOdoo, group) >= 2);
}

/** A record that a side can never take waits for somebody to correct it. */
function isRefusable(row: object | undefined, partner: PartnerRow | undefined): boolean {
  const holds = (record: object | undefined, value: string) =>
    record !== undefined && Object.values(record).includes(value);
  return holds(row, REFUSED_BY_ODOO) || holds(partner, REFUSED_BY_APP);
}

function isEqual(
  world: World,
  entity: Entity,
  field: string,
  left: CanonicalRecord,
  right: CanonicalRecord,
  partner: PartnerRow,
): boolean {
  const [inApp, inOdoo] = [left[field] ?? null, right[field] ?? null];
  if (entity.same(field, inApp, inOdoo) || entity.same(field, inOdooSpelling(field, inApp), inOdoo)) return true;
  // What Odoo cannot hold stays as it is there.
  if (field === 'vat') return partner.parent_id !== false || hadCompany(world, partner);
  if (field === 'language') return inApp === 'pt';
  if (field === 'country') return inApp === 'XX';
  return field === 'type' && (partner.customer_rank > 1 || partner.supplier_rank > 1);
}

/** The tax number that it could not have then stays as it was agreed. */
function hadCompany({ ledger }: World, { id }: PartnerRow): boolean {
  return ledger.of('odoo', String(id)).some(({ raw, kind }) => kind === 'update' && raw.includes('parent_id'));
}

function inOdooSpelling(field: string, value: FieldValue): FieldValue {
  if (typeof value !== 'string') return value;
  if (field === 'vat') return normalVat(value);
  return field === 'phone' ? normalPhone(value) : value;
}

/**
 * Everybody has a counterpart, or waits for a person. Who was hidden when the bridge looked is no older or newer when
 * he is shown again: only a sweep finds out.
 */
function checkComplete(world: World, links: readonly LinkView[], entity: Entity, { sweeps }: Schedule): Violation[] {
  const own = links.filter((link) => link.entity === entity.name);
  const settled = ({ state, appId, odooId }: LinkView) => state !== 'active' || (appId !== null && odooId !== null);
  const inApp = new Set(own.filter(settled).map(({ appId }) => appId));
  const inOdoo = new Set(own.filter(settled).map(({ odooId }) => odooId));
  const rows = world.app
    .rows(entity)
    .filter(({ id, deleted_at }) => deleted_at === null && !inApp.has(id))
    .filter(({ id }) => sweeps || !world.app.wasHidden(entity, id));
  const tag = TAGS[entity.name] ?? 0;
  const partners = world.odoo
    .visible(({ category_id, active }) => active && category_id.includes(tag))
    .filter(({ id }) => !inOdoo.has(id))
    .filter(({ id }) => sweeps || !world.odoo.wasHidden(id));
  const missing = (what: string) => ({ invariant: 'I1', detail: `${entity.name} ${what} has no counterpart` });
  return [...rows.map(({ id }) => missing(id)), ...partners.map(({ id }) => missing(String(id)))];
}
