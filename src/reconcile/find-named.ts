/** Partners that look new, or nobody's, but carry an external id of ours: it is known whose they are, or were. */
import type { Entity } from '../entities/define-entity.ts';
import { readExternalKey } from '../entities/external-names.ts';
import type { ReconcileContext } from './context.ts';
import type { PlannedCreate } from './create-counterparts.ts';

export interface NamedPartners {
  /** The app id of a link that is about to come here, by the link that it meets. */
  readonly merging: ReadonlyMap<string, string>;
  /** App ids of records that are in the app and not linked, by link. */
  readonly known: ReadonlyMap<string, readonly string[]>;
}

/**
 * Odoo tells of the survivor of a merge before it tells of the loser: the survivor then looks like somebody new, but
 * carries the external id of a record that is linked. That link has to follow first. Where the record is not linked, our
 * own database has forgotten the pair: it was lost, or an older one took its place.
 */
export async function findNamed(
  context: ReconcileContext,
  entity: Entity,
  plans: readonly PlannedCreate[],
): Promise<NamedPartners> {
  const ids = plans.map(({ seen }) => String(seen.link.odooId));
  const named = await readNames(context, entity, ids);
  if (named.length === 0) return { merging: new Map(), known: new Map() };
  const appIds = named.map(({ appId }) => appId);
  const holders = (await context.links.findOccupants('app', entity.name, entity.odoo.model, appIds)).filter(
    ({ odooId }) => odooId !== null,
  );
  const elsewhere = holders.map(({ odooId }) => String(odooId));
  const there = new Set((await context.odoo.read(entity, elsewhere)).map(({ id }) => id));
  const leaving = new Set(holders.filter(({ odooId }) => !there.has(String(odooId))).map(({ id }) => id));
  const held = new Set(holders.map(({ id }) => id));
  const free = appIds.filter((appId) => !held.has(appId));
  const inApp = new Set((free.length === 0 ? [] : await context.app.read(entity, free)).map(({ id }) => id));
  const merging = new Map<string, string>();
  const known = new Map<string, readonly string[]>();
  for (const { seen } of plans) {
    const own = named.filter(({ odooId }) => odooId === String(seen.link.odooId)).map(({ appId }) => appId);
    const follows = own.find((appId) => leaving.has(appId));
    if (follows !== undefined) merging.set(seen.link.id, follows);
    const unlinked = own.filter((appId) => inApp.has(appId));
    if (unlinked.length > 0) known.set(seen.link.id, unlinked);
  }
  return { merging, known };
}

/**
 * Partners that a creation has made, or given its name, of which nobody knows yet what became: its answer was lost, or
 * its worker died. Another record with that e-mail would take them for a stranger's.
 * @returns the links that they were meant for
 */
export async function findMakers(
  context: ReconcileContext,
  entity: Entity,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly linkId: string }[]> {
  const named = await readNames(context, entity, ids);
  const appIds = named.map(({ appId }) => appId);
  const holders = await context.links.findOccupants('app', entity.name, entity.odoo.model, appIds);
  return named.flatMap(({ odooId, appId }) =>
    holders.flatMap(({ id, linkId, creating }) => (id === appId && creating ? [{ id: odooId, linkId }] : [])),
  );
}

async function readNames(context: ReconcileContext, entity: Entity, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const keys = await context.odoo.findKeys(entity, ids);
  return [...keys].flatMap(([odooId, some]) =>
    some.flatMap((key) => {
      const appId = readExternalKey(context.instance, entity.name, key);
      return appId === null ? [] : [{ odooId, appId }];
    }),
  );
}
