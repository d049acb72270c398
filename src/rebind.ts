/** `bridge rebind`: the database is to belong to the sides that are configured now. */
import { z } from 'zod';
import type { Context } from './context.ts';
import type { Entity } from './entities/define-entity.ts';
import { entities } from './entities/registry.ts';
import { type AppIdentity, isSameOdoo, type OdooIdentity } from './identity.ts';
import { type AgreedPair, forgetLinks, oldestPairs } from './links/bound-links.ts';

export interface SidePlan<T> {
  /** Null before the first contact. */
  readonly bound: T | null;
  readonly now: T;
  readonly same: boolean;
  /** Of so many linked records that were looked for, so many are there under their id and name. */
  readonly looked_for: number;
  readonly found: number;
}

export interface RebindPlan {
  readonly app: SidePlan<AppIdentity>;
  readonly odoo: SidePlan<OdooIdentity>;
  /** The database belongs to these sides already. */
  readonly nothing_to_do: boolean;
  /** Whether the links still mean the same records: most of those that were looked for are there. */
  readonly same_records: boolean;
}

/** Enough to tell a copy from a stranger. */
const LOOKED_AT = 500;

/** Only looks. @param context one that is not bound. @throws BridgeError when a side does not answer */
export async function planRebind(context: Context): Promise<RebindPlan> {
  const { transport } = await context.odoo.connected();
  const bound = await context.identity.bound();
  const nowOdoo = await context.identity.tellOdoo(transport);
  const [first] = entities as readonly [Entity, ...Entity[]];
  await context.app.readChanged(first, Date.now(), null);
  const sameApp = bound.app === null || bound.app.url === context.identity.app.url;
  const sameOdoo = isSameOdoo(nowOdoo, bound.odoo);
  const found = { app: 0, odoo: 0 };
  let lookedFor = 0;
  // Messages are kept in a model that depends on the module which sends them.
  const looked = entities.filter(({ odoo }) => odoo.courier === undefined);
  for (const entity of sameApp && sameOdoo ? [] : looked) {
    const pairs = await oldestPairs(context.db, entity.name, entity.odoo.model, LOOKED_AT);
    lookedFor += pairs.length;
    if (pairs.length === 0) continue;
    if (!sameApp) found.app += await countInApp(context, entity, pairs);
    if (!sameOdoo) found.odoo += await countInOdoo(context, entity, pairs);
  }
  const side = (same: boolean, count: number) => ({ same, looked_for: same ? 0 : lookedFor, found: count });
  const app = { bound: bound.app, now: context.identity.app, ...side(sameApp, found.app) };
  const odoo = { bound: bound.odoo, now: nowOdoo, ...side(sameOdoo, found.odoo) };
  const known = [app, odoo].every(({ looked_for, found: seen }) => looked_for === 0 || seen * 2 > looked_for);
  return { app, odoo, nothing_to_do: sameApp && sameOdoo, same_records: known };
}

/** @returns how many links were forgotten */
export async function rebind(context: Context, plan: RebindPlan, options: { forgetLinks: boolean }): Promise<number> {
  const forgotten = options.forgetLinks ? await forgetLinks(context.db, { otherOdoo: !plan.odoo.same }) : 0;
  await context.identity.bind(plan.app.now, plan.odoo.now);
  context.log.warn({ links: forgotten }, 'the database was bound to the sides as they are now');
  return forgotten;
}

async function countInApp({ app }: Context, entity: Entity, pairs: readonly AgreedPair[]): Promise<number> {
  const records = await app.read(
    entity,
    pairs.map(({ appId }) => appId),
  );
  const names = new Map(records.map(({ id, values }) => [id, entity.matchName(values)]));
  return pairs.filter((pair) => names.get(pair.appId) === entity.matchName(pair.app)).length;
}

/** By plain calls: what decodes a record would look for the remembered tags, and make those that are missing. */
async function countInOdoo({ odoo }: Context, entity: Entity, pairs: readonly AgreedPair[]): Promise<number> {
  const { transport } = await odoo.connected();
  const args = { domain: [['id', 'in', pairs.map(({ odooId }) => odooId)]], fields: ['name'] };
  const call = { model: entity.odoo.model, method: 'search_read', args, context: { active_test: false } };
  const rows = z.array(z.looseObject({ id: z.number(), name: z.unknown() })).parse(await transport.call(call));
  const names = new Map(rows.map(({ id, name }) => [id, entity.matchName({ name: name ? String(name) : null })]));
  return pairs.filter((pair) => names.get(pair.odooId) === entity.matchName(pair.odoo)).length;
}
