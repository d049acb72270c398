/**
 * I6: no edit of a person vanishes. It is there at the end, or somebody edited the same later, or it lost a conflict
 * that is on record with its value.
 */
import type { Entity, FieldValue } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { Change } from './ledger.ts';
import type { LinkView } from './link-view.ts';
import type { Schedule } from './operations.ts';
import { createReferences, normalPhone, normalVat, type PartnerRow } from './partner-row.ts';
import type { Violation } from './violation.ts';
import type { Announcement, Witness } from './witness.ts';
import type { World } from './world.ts';

/** A country and a language that Odoo does not have, and another spelling of one that it has. */
const UNSEEN_IN_ODOO: ReadonlySet<string> = new Set(['XX', 'pt', 'en']);

export function checkEdits(
  world: World,
  links: readonly LinkView[],
  witness: Witness,
  scope: Schedule['scope'],
): Violation[] {
  const full = links.filter(({ appId, odooId }) => appId !== null && odooId !== null);
  const calm = full.filter(({ odooId }) => {
    const family = full.filter((other) => other.odooId === odooId);
    // Who came by a merge was agreed on another partner: what it carries over says nothing of edits of this one.
    return family.every((other) => other.state === 'active' && !witness.moved.has(other.id));
  });
  return calm.flatMap((link) => checkLink(world, full, witness, link, scope));
}

function checkLink(
  world: World,
  links: readonly LinkView[],
  witness: Witness,
  link: LinkView,
  scope: Schedule['scope'],
): Violation[] {
  const entity = entityNamed(link.entity);
  const row = world.app.find(entity, link.appId ?? '');
  const partner = world.odoo.find(link.odooId ?? 0);
  if (!row || !partner) return [];
  const references = createReferences({ companyName: world.odoo.companyName, companyId: () => null });
  const held = [entity.app.decode(row), entity.odoo.decode({ ...partner }, references)];
  // One partner may stand for records of several kinds: what is edited in one of them goes to all.
  const family = links.filter(({ odooId }) => odooId === link.odooId);
  const inOdoo = world.ledger.of('odoo', String(link.odooId));
  if (inOdoo.some(({ kind, raw }) => kind === 'unlink' || (kind === 'update' && raw.includes('parent_id')))) return [];
  const edits = [...inOdoo, ...family.flatMap((other) => world.ledger.of('app', `${other.entity}:${other.appId}`))]
    .filter(({ author }) => author === 'person')
    .sort((left, right) => left.at - right.at);
  const own = edits.filter(
    ({ kind, side, record }) => kind === 'update' && (side === 'odoo' || record === `${entity.name}:${link.appId}`),
  );
  return own.flatMap((edit) =>
    Object.entries(edit.changes).flatMap(([field, value]) => {
      const group = groupOf(entity, field, scope);
      // As long as a field was never agreed on, an empty side takes what the other one has; by way of a shared partner
      // so does the record of another kind that it was agreed on with.
      const agreedAt = ({ id }: LinkView) => witness.agreedAt.get(`${id} ${field}`) ?? Number.POSITIVE_INFINITY;
      const early = family.some((other) => edit.at <= agreedAt(other));
      if (early && entity.isEmpty(field, value)) return [];
      // Who takes an edit back before it was carried over has edited nothing, as far as can be seen.
      const known = world.ledger.of(edit.side, edit.record).filter(({ at }) => at < edit.at);
      const wasThere = (before: FieldValue | undefined) => before !== undefined && isSame(entity, field, before, value);
      if (known.some(({ changes }) => wasThere(changes[field]))) return [];
      if (group.length === 0 || held.some((record) => isSame(entity, field, record[field] ?? null, value))) return [];
      // Nothing of it reaches a shared partner, so that to an edit of its sibling there is nothing to conflict with.
      const unseen = typeof value === 'string' && UNSEEN_IN_ODOO.has(value);
      if (unseen && family.length > 1) return [];
      const shown = (one: Announcement) => (field === 'type' ? shownType(partner, inOdoo, one) : one.fields[field]);
      if (isAsAnnounced(witness, entity, family, edit, field, value, shown)) return [];
      if (isAsSiblingAgreed(witness, entity, family, { edits, inOdoo }, edit, field, value)) return [];
      const later = edits.some(
        (other) => other.at >= edit.at && other !== edit && group.some((name) => name in other.changes),
      );
      if (later || isOnRecord(witness, entity, family, edit, field, value)) return [];
      const detail = `${edit.side} ${edit.record}: ${field} ${String(value)} of ${edit.stamp} is nowhere, and no conflict tells of it`;
      return [{ invariant: 'I6', detail }];
    }),
  );
}

/**
 * Who writes by chance what the bridge is about to write, and has no answer for yet, is taken for the bridge; so is who
 * writes what Odoo would show of it.
 */
function isAsAnnounced(
  { announced }: Witness,
  entity: Entity,
  family: readonly LinkView[],
  edit: Change,
  field: string,
  value: FieldValue,
  shown: (one: Announcement) => FieldValue | undefined,
): boolean {
  const isSaid = (said: FieldValue | undefined) => isSame(entity, field, said ?? null, value);
  return announced.some(
    (one) =>
      one.side === edit.side &&
      one.at <= edit.at &&
      edit.at <= one.until &&
      family.some(({ id }) => id === one.linkId) &&
      field in one.fields &&
      (isSaid(one.fields[field]) || (one.side === 'odoo' && isSaid(shown(one)))),
  );
}

/**
 * What Odoo shows once it has taken the type that was announced: also each role of before whose rank was above one when
 * the bridge looked for its write. Nobody lowers such a rank: it is above one at the end, and was not touched since.
 */
function shownType(partner: PartnerRow, inOdoo: readonly Change[], { fields, at, until }: Announcement): FieldValue {
  const before = inOdoo.findLast((one) => one.at < at && 'type' in one.changes)?.changes.type;
  const includes = (type: FieldValue | undefined, role: string) => type === role || type === 'both';
  const isKept = (rank: 'customer_rank' | 'supplier_rank') =>
    partner[rank] > 1 && !inOdoo.some((one) => one.at > until && one.raw.includes(rank));
  const customer = includes(fields.type, 'customer') || (includes(before, 'customer') && isKept('customer_rank'));
  const supplier = includes(fields.type, 'supplier') || (includes(before, 'supplier') && isKept('supplier_rank'));
  if (customer) return supplier ? 'both' : 'customer';
  return supplier ? 'supplier' : 'none';
}

/**
 * Who takes back, in one record of a shared partner, what the record of another kind had not seen yet, or enters what
 * Odoo does not take on, has changed nothing that could be seen from there: Odoo shows what that one last agreed on
 * (docs/adr/0006). So an older edit there goes over it, without a conflict, once this one has been carried to the partner.
 */
function isAsSiblingAgreed(
  { announced }: Witness,
  entity: Entity,
  family: readonly LinkView[],
  { edits, inOdoo }: { readonly edits: readonly Change[]; readonly inOdoo: readonly Change[] },
  edit: Change,
  field: string,
  value: FieldValue,
): boolean {
  const isAt = (one: FieldValue | undefined, other: FieldValue | undefined) =>
    one !== undefined && other !== undefined && isSame(entity, field, one, other);
  const linkOf = (record: string) => family.find((link) => `${link.entity}:${link.appId}` === record)?.id;
  const toPartner = announced.filter(({ side, at }) => side === 'odoo' && at > edit.at);
  const carried = toPartner.find(({ linkId, fields }) => linkId === linkOf(edit.record) && isAt(fields[field], value));
  if (!carried) return false;
  const shownAt = (at: number) => inOdoo.findLast((one) => one.at < at && field in one.changes)?.changes[field];
  return toPartner.some(
    ({ linkId, fields, agreed, at }) =>
      at > carried.at &&
      linkId !== carried.linkId &&
      isAt(agreed[field], shownAt(at)) &&
      edits.some(
        (older) => older.at < edit.at && linkOf(older.record) === linkId && isAt(older.changes[field], fields[field]),
      ),
  );
}

/** The fields that win or lose together with this one. */
function groupOf(entity: Entity, field: string, scope: Schedule['scope']): readonly string[] {
  const shared = entity.groups.filter(({ name }) => name !== 'active').flatMap(({ fields }) => fields);
  if (scope === 'record' && shared.includes(field)) return shared;
  return entity.groups.find(({ fields }) => fields.includes(field))?.fields ?? [];
}

function isOnRecord(
  { conflicts }: Witness,
  entity: Entity,
  family: readonly LinkView[],
  edit: Change,
  field: string,
  value: FieldValue,
): boolean {
  const group = entity.groups.find(({ fields }) => fields.includes(field))?.name;
  return conflicts.some(({ link, entry }) => {
    // To the siblings of an app record its edit came through the partner that they share.
    const ownLink = edit.side === 'odoo' || edit.record === `${link.entity}:${link.appId}`;
    const loser = ownLink ? edit.side : 'odoo';
    if (entry.winner === loser || !family.some(({ id }) => id === link.id)) return false;
    if (entry.field !== group && entry.field !== 'record') return false;
    const lost = entry[loser].value;
    const part = lost !== null && typeof lost === 'object' ? (lost as Record<string, FieldValue>)[field] : lost;
    // What Odoo cannot hold went as far as to the partner's warning only.
    if (!ownLink && (value === 'XX' || value === 'pt')) return true;
    // Odoo lowers no rank above one: what was made a supplier over here is both over there.
    if (!ownLink && field === 'type' && part === 'both' && value !== 'none') return true;
    return isSame(entity, field, (part ?? null) as FieldValue, value);
  });
}

function isSame(entity: Entity, field: string, left: FieldValue, right: FieldValue): boolean {
  return entity.same(field, left, right) || spell(field, left) === spell(field, right);
}

function spell(field: string, value: FieldValue): FieldValue {
  if (typeof value !== 'string') return value;
  if (field === 'vat') return normalVat(value);
  return field === 'phone' ? normalPhone(value) : value;
}
