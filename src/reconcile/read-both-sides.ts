/** Reading a claimed batch: both sides in bulk, and what each link then looks like to `decide`. */
import type { Absence, SideRecord } from '../backends/backend.ts';
import type { Entity, Side } from '../entities/define-entity.ts';
import type { Claim, ClaimedLink } from '../links/links.ts';
import { onBridgeClock, readClocks } from './bridge-clock.ts';
import type { ReconcileContext } from './context.ts';
import type { AppExistence, DecideInput, OdooExistence } from './decide.ts';
import { type Folded, foldIntents, type Seen } from './fold-intents.ts';
import type { MergeSide, Modified } from './merge-fields.ts';
import { createKey } from './write-keys.ts';

/** One link with what both sides hold now, and what is to be believed of earlier writes. */
export interface Observation extends Folded {
  readonly link: ClaimedLink;
  /** Bridge milliseconds right before both sides were read: what was edited since may not have been seen. */
  readonly readAt: number;
  readonly app: SideRecord | null;
  readonly odoo: SideRecord | null;
  /** Why Odoo does not return a record that is linked; null when it does, or when none is linked. */
  readonly absence: Absence | null;
  /** When each side was last modified, on the bridge's clock; null for a side without a record. */
  readonly modified: { readonly app: Modified | null; readonly odoo: Modified | null };
}

export async function readBothSides(context: ReconcileContext, entity: Entity, claim: Claim): Promise<Observation[]> {
  const appIds = claim.links.flatMap(({ appId }) => (appId === null ? [] : [appId]));
  const odooIds = claim.links.flatMap(({ odooId }) => (odooId === null ? [] : [String(odooId)]));
  const readAt = context.now();
  const [appRecords, odooRecords] = await Promise.all([
    appIds.length === 0 ? [] : context.app.read(entity, appIds),
    odooIds.length === 0 ? [] : context.odoo.read(entity, odooIds),
  ]);
  return observe(context, entity, claim, { app: appRecords, odoo: odooRecords, readAt });
}

/** The same of records that were read already. */
export async function observe(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  records: Readonly<Record<Side, readonly SideRecord[]>> & Pick<Observation, 'readAt'>,
): Promise<Observation[]> {
  const app = new Map(records.app.map((record) => [record.id, record]));
  const odoo = new Map(records.odoo.map((record) => [record.id, record]));
  const absences = await classifyAbsent(context, entity, claim, odoo);
  const clocks = readClocks(context);
  return claim.links.map((link) => {
    const sides = {
      app: link.appId === null ? null : (app.get(link.appId) ?? null),
      odoo: link.odooId === null ? null : (odoo.get(String(link.odooId)) ?? null),
    };
    const stamped = {
      app: sides.app && { ...sides.app, stamped: onBridgeClock(sides.app, clocks.app) },
      odoo: sides.odoo && { ...sides.odoo, stamped: onBridgeClock(sides.odoo, clocks.odoo) },
    };
    const folded = foldIntents(entity, link, stamped, context.now());
    const modified = {
      app: stamped.app && whenModified(stamped.app, link.ownAppStamp, 'app', folded),
      odoo: stamped.odoo && whenModified(stamped.odoo, link.ownOdooStamp, 'odoo', folded),
    };
    const absent = link.odooId !== null && sides.odoo === null;
    const absence = absent ? (absences.get(String(link.odooId)) ?? { kind: 'unexplained' }) : null;
    return { link, readAt: records.readAt, ...sides, ...folded, absence, modified };
  });
}

async function classifyAbsent(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  found: ReadonlyMap<string, SideRecord>,
): Promise<ReadonlyMap<string, Absence>> {
  const absent = claim.links.flatMap((link) => {
    const { appId, odooId } = link;
    if (appId === null || odooId === null || found.has(String(odooId))) return [];
    return [{ id: String(odooId), key: createKey(context.instance, entity, link, 'odoo') }];
  });
  return absent.length === 0 ? new Map() : context.odoo.classifyMissing(entity, absent);
}

/** Our own write covers a person's stamp: what was known of their edit before stands in for it. */
function whenModified({ stamp, stamped }: Seen, ownStamp: string | null, side: Side, folded: Folded): Modified {
  const ours = stamp === ownStamp || folded.landedOn[side];
  const edit = ours ? folded.edits[side] : null;
  return edit ? { ...edit, ours: false } : { ...stamped, ours };
}

export function toDecideInput(context: ReconcileContext, entity: Entity, seen: Observation): DecideInput {
  const { link } = seen;
  return {
    entity,
    base: seen.base,
    policy: context.policy,
    restoring: link.restoring?.values ?? null,
    released: link.released,
    app: { existence: appExistence(seen, entity), side: toMergeSide(seen.app, seen.modified.app) },
    odoo: { existence: odooExistence(seen, entity), side: toMergeSide(seen.odoo, seen.modified.odoo) },
  };
}

function appExistence({ link, app, absence }: Observation, entity: Entity): AppExistence {
  if (link.appId === null) return 'unlinked';
  if (app === null) return 'missing';
  // Not to be in Odoo, as long as it is as it is: the same as one that was archived before it ever came there.
  const isThere = link.odooId !== null && absence?.kind !== 'deleted';
  if (!isThere && entity.isWanted?.(app.values) === false) return 'archived';
  return app.values.active === true ? 'active' : 'archived';
}

function odooExistence({ link, odoo, absence }: Observation, entity: Entity): OdooExistence {
  if (link.odooId === null) return 'unlinked';
  if (odoo === null) return absence?.kind === 'deleted' ? 'deleted' : 'hidden';
  const madeInApp = entity.odoo.membership.kind === 'linked' && link.appId === null;
  if (madeInApp || !odoo.memberOf.includes(entity.name)) return 'out_of_scope';
  return odoo.values.active === true ? 'active' : 'archived';
}

function toMergeSide(record: SideRecord | null, modified: Modified | null): MergeSide | null {
  if (record === null || modified === null) return null;
  return { values: record.values, modified, ownedGroups: record.ownedGroups };
}
