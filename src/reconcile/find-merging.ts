/** Records that another linked record was merged into: that one's link is about to follow. */
import type { Entity } from '../entities/define-entity.ts';
import { readExternalKey } from '../entities/external-names.ts';
import type { ReconcileContext } from './context.ts';
import type { PlannedCreate } from './create-counterparts.ts';

/**
 * Odoo tells of the survivor of a merge before it tells of the loser: the survivor then looks like somebody new, but
 * carries the external id of a record that is linked. That link has to follow first.
 * @returns the app ids that these records carry, by link
 */
export async function findMerging(
  context: ReconcileContext,
  entity: Entity,
  plans: readonly PlannedCreate[],
): Promise<ReadonlyMap<string, string>> {
  const ids = plans.map(({ seen }) => String(seen.link.odooId));
  const keys = await context.odoo.findKeys(entity, ids);
  if (keys.size === 0) return new Map();
  const named = [...keys].flatMap(([odooId, some]) =>
    some.flatMap((key) => ({ odooId, appId: readExternalKey(context.instance, entity.name, key) })),
  );
  const appIds = named.flatMap(({ appId }) => appId ?? []);
  const holders = await context.links.findOccupants('app', entity.name, entity.odoo.model, appIds);
  const elsewhere = holders.filter(({ odooId }) => odooId !== null).map(({ odooId }) => String(odooId));
  const there = new Set((await context.odoo.read(entity, elsewhere)).map(({ id }) => id));
  const leaving = new Set(
    holders.filter(({ odooId }) => odooId !== null && !there.has(String(odooId))).map(({ id }) => id),
  );
  return new Map(
    plans.flatMap(({ seen: { link } }) => {
      const found = named.find(({ odooId, appId }) => odooId === String(link.odooId) && leaving.has(appId ?? ''));
      return found?.appId ? [[link.id, found.appId] as const] : [];
    }),
  );
}
