/**
 * `bridge relink`: after the bridge's database was lost, or replaced by an older one, the links are rebuilt from the
 * external ids that Odoo keeps. Nothing is read for its sake but both sides, and nothing is written but links.
 */
import type { Backend, SideRecord } from '../backends/backend.ts';
import { type Entity, readField } from '../entities/define-entity.ts';
import { externalKey, readExternalKey } from '../entities/external-names.ts';
import { entitiesOfModel } from '../entities/registry.ts';
import type { KnownLink, KnownPair, Ties } from '../links/ties.ts';

export interface RelinkContext {
  readonly ties: Ties;
  readonly app: Backend;
  readonly odoo: Backend;
  /** BRIDGE_INSTANCE: whose external ids count. */
  readonly instance: string;
}

export interface PairName {
  readonly app_id: string;
  readonly odoo_id: number;
}

export interface RelinkReport {
  readonly entity: string;
  /** Tied because Odoo's external id says so. */
  tied: number;
  /** Links that were there, and that nothing speaks against. */
  kept: number;
  /** Of both: pairs whose sides are not equal now, and in which fields. */
  readonly differing: (PairName & { readonly fields: readonly string[] })[];
  /** The external id says one thing, a link or another external id something else. Nothing was changed. */
  readonly contradicting: (PairName & { readonly why: string })[];
  /** Records that are named by a link or an external id, and are not there. */
  readonly gone: { readonly app: PairName[]; readonly odoo: (PairName & { readonly why: string })[] };
  /** Records in use that nothing is known of: the next sync matches them, or makes their counterparts. */
  readonly unknown: { app: number; odoo: number };
  /** Pairs of which a record was in work: run it again. */
  busy: number;
}

/** Records looked at together: as many as a pass takes. */
const AT_ONCE = 400;
const LINKS_AT_ONCE = 5_000;

export async function relink(
  context: RelinkContext,
  entity: Entity,
  { dryRun }: { dryRun: boolean },
): Promise<RelinkReport> {
  const report: RelinkReport = {
    entity: entity.name,
    tied: 0,
    kept: 0,
    differing: [],
    contradicting: [],
    gone: { app: [], odoo: [] },
    unknown: { app: 0, odoo: 0 },
    busy: 0,
  };
  const inApp = new Set<string>();
  const paired = new Set<number>();
  for await (const records of listAll(context.app, entity)) {
    for (const { id } of records) inApp.add(id);
    for (const { odooId } of await relinkSome(context, entity, records, dryRun, report)) paired.add(odooId);
  }
  await findGoneFromApp(context, entity, inApp, report);
  // Of what only the app makes, Odoo's other records of that model are none of the bridge's business.
  if (!(await context.odoo.makes(entity))) return report;
  for await (const partners of listAll(context.odoo, entity)) {
    await lookAtPartners(context, entity, partners, { inApp, paired }, report);
  }
  return report;
}

/** Archived ones too. A record that cannot be read is there all the same, but nothing can be said of it. */
async function* listAll(backend: Backend, entity: Entity): AsyncGenerator<readonly SideRecord[]> {
  let next: string | null = null;
  do {
    const page = await backend.readChanged(entity, null, next);
    for (let start = 0; start < page.records.length; start += AT_ONCE) {
      yield page.records.slice(start, start + AT_ONCE);
    }
    next = page.next;
  } while (next !== null);
}

/** @returns the pairs that are tied now, or would be */
async function relinkSome(
  context: RelinkContext,
  entity: Entity,
  records: readonly SideRecord[],
  dryRun: boolean,
  report: RelinkReport,
): Promise<readonly KnownPair[]> {
  const { ties, odoo, instance } = context;
  const { model } = entity.odoo;
  const keyOf = (appId: string) => externalKey(instance, entity.name, appId);
  const named = await odoo.findCreated(
    entity,
    records.map(({ id }) => keyOf(id)),
  );
  const namedIds = [...named.values()].map(Number);
  const ids = records.map(({ id }) => id);
  const links = await ties.find(entity.name, model, { app: ids, odoo: namedIds });
  const linkedIds = links.flatMap(({ odooId }) => odooId ?? []);
  const wanted = [...new Set([...namedIds, ...linkedIds])].map(String);
  const partners = new Map((await odoo.read(entity, wanted)).map((partner) => [Number(partner.id), partner]));
  const chosen = await chooseNames(context, entity, namedIds, partners);
  const toTie: KnownPair[] = [];
  const missing: KnownPair[] = [];
  const kept: KnownPair[] = [];
  for (const { id: appId, values } of records) {
    const name = named.get(keyOf(appId));
    const says = name === undefined ? null : Number(name);
    const linked = links.find((link) => link.appId === appId && link.odooId !== null)?.odooId ?? null;
    if (linked !== null && !partners.has(linked)) missing.push({ appId, odooId: linked });
    else if (linked !== null && says !== null && says !== linked) {
      const why = `its external id names ${says}`;
      report.contradicting.push({ app_id: appId, odoo_id: linked, why });
    } else if (linked !== null) kept.push({ appId, odooId: linked });
    else if (says === null) report.unknown.app += values.active === true ? 1 : 0;
    else if (!partners.has(says)) missing.push({ appId, odooId: says });
    else {
      const why = findRival(links, chosen, { appId, odooId: says });
      if (why === null) toTie.push({ appId, odooId: says });
      else report.contradicting.push({ app_id: appId, odoo_id: says, why });
    }
  }
  const app = new Map(records.map((record) => [record.id, record]));
  const apart = await findApart(context, entity, toTie, { app, partners });
  const wantedTies = toTie.map((pair) => ({ ...pair, apart: apart.has(pair.odooId) }));
  const tied = dryRun ? new Set(toTie.map(({ appId }) => appId)) : await ties.tie(entity.name, model, wantedTies);
  const made = toTie.filter(({ appId }) => tied.has(appId));
  report.tied += made.length;
  report.busy += toTie.length - made.length;
  report.kept += kept.length;
  await explainMissing(context, entity, missing, report);
  for (const { appId, odooId } of [...kept, ...made]) {
    const fields = differ(entity, app.get(appId), partners.get(odooId));
    if (fields.length > 0) report.differing.push({ app_id: appId, odoo_id: odooId, fields });
  }
  return made;
}

/**
 * A teacher may be archived in the app while the partner stays in use as a guest (docs/adr/0006): that is no difference,
 * and nobody is to be restored for it.
 */
async function findApart(
  { app, odoo, instance }: RelinkContext,
  entity: Entity,
  pairs: readonly KnownPair[],
  seen: { readonly app: ReadonlyMap<string, SideRecord>; readonly partners: ReadonlyMap<number, SideRecord> },
): Promise<ReadonlySet<number>> {
  const isActive = (record: SideRecord | undefined) => record?.values.active === true;
  const unlike = pairs.filter(
    ({ appId, odooId }) => !isActive(seen.app.get(appId)) && isActive(seen.partners.get(odooId)),
  );
  const apart = new Set<number>();
  if (unlike.length === 0) return apart;
  const keys = await odoo.findKeys(
    entity,
    unlike.map(({ odooId }) => String(odooId)),
  );
  for (const other of entitiesOfModel(entity.odoo.model).filter(({ name }) => name !== entity.name)) {
    const ids = new Map<string, number>();
    for (const [odooId, some] of keys) {
      for (const key of some) {
        const appId = readExternalKey(instance, other.name, key);
        if (appId !== null) ids.set(appId, Number(odooId));
      }
    }
    const records = ids.size === 0 ? [] : await app.read(other, [...ids.keys()]);
    for (const record of records) if (isActive(record)) apart.add(ids.get(record.id) ?? 0);
  }
  return apart;
}

/** Names of the fields that are not equal; never a value. */
function differ(entity: Entity, app: SideRecord | undefined, odoo: SideRecord | undefined): readonly string[] {
  if (!app || !odoo) return [];
  const fields = entity.groups.flatMap((group) => group.fields);
  return fields.filter((field) => !entity.same(field, readField(app.values, field), readField(odoo.values, field)));
}

function findRival(
  links: readonly KnownLink[],
  chosen: ReadonlyMap<number, string | null>,
  { appId, odooId }: KnownPair,
): string | null {
  const holder = links.find((link) => link.odooId === odooId && link.appId !== null)?.appId;
  if (holder != null) return `that one is linked to ${holder}`;
  const choice = chosen.get(odooId);
  if (choice === undefined || choice === appId) return null;
  return choice === null ? 'that one carries several external ids' : `that one carries that of ${choice} as well`;
}

/**
 * Of partners that carry the external ids of several records (Odoo merged them), which record it is: the one that it
 * equals most. None where that is not clear.
 */
async function chooseNames(
  { app, odoo, instance }: RelinkContext,
  entity: Entity,
  odooIds: readonly number[],
  partners: ReadonlyMap<number, SideRecord>,
): Promise<ReadonlyMap<number, string | null>> {
  const keys = await odoo.findKeys(entity, odooIds.map(String));
  const rivals = new Map<number, readonly string[]>();
  for (const [id, some] of keys) {
    const names = some.flatMap((key) => readExternalKey(instance, entity.name, key) ?? []);
    if (names.length > 1) rivals.set(Number(id), names);
  }
  if (rivals.size === 0) return new Map();
  const records = new Map((await app.read(entity, [...rivals.values()].flat())).map((record) => [record.id, record]));
  const chosen = new Map<number, string | null>();
  for (const [odooId, names] of rivals) {
    const there = names.flatMap((name) => records.get(name) ?? []);
    const ranked = there
      .map((record) => ({ id: record.id, apart: differ(entity, record, partners.get(odooId)).length }))
      .sort((left, right) => left.apart - right.apart);
    const [best, second] = ranked;
    chosen.set(odooId, best && best.apart !== second?.apart ? best.id : null);
  }
  return chosen;
}

const WHY = {
  merged: 'merged into another one: the link follows by itself',
  deleted: 'deleted',
  hidden: "hidden from the bridge's user",
  unexplained: 'not returned',
} as const;

async function explainMissing(
  { odoo, instance }: RelinkContext,
  entity: Entity,
  pairs: readonly KnownPair[],
  report: RelinkReport,
): Promise<void> {
  const named = pairs.map(({ appId, odooId }) => ({
    id: String(odooId),
    key: externalKey(instance, entity.name, appId),
  }));
  const absences = await odoo.classifyMissing(entity, named);
  for (const { appId, odooId } of pairs) {
    const { kind } = absences.get(String(odooId)) ?? { kind: 'unexplained' as const };
    report.gone.odoo.push({ app_id: appId, odoo_id: odooId, why: WHY[kind] });
  }
}

async function findGoneFromApp(
  { ties }: RelinkContext,
  entity: Entity,
  inApp: ReadonlySet<string>,
  report: RelinkReport,
): Promise<void> {
  let page: readonly KnownPair[] = [];
  do {
    page = await ties.list(entity.name, entity.odoo.model, page.at(-1)?.appId ?? null, LINKS_AT_ONCE);
    const gone = page.filter(({ appId }) => !inApp.has(appId));
    report.gone.app.push(...gone.map(({ appId, odooId }) => ({ app_id: appId, odoo_id: odooId })));
  } while (page.length > 0);
}

/** Partners of the entity that are no pair: of whom is it known that there was a record? */
async function lookAtPartners(
  { ties, odoo, instance }: RelinkContext,
  entity: Entity,
  partners: readonly SideRecord[],
  { inApp, paired }: { readonly inApp: ReadonlySet<string>; readonly paired: ReadonlySet<number> },
  report: RelinkReport,
): Promise<void> {
  const ids = partners.map(({ id }) => Number(id));
  const links = await ties.find(entity.name, entity.odoo.model, { app: [], odoo: ids });
  const linked = new Set(links.flatMap(({ appId, odooId }) => (appId === null ? [] : (odooId ?? []))));
  const alone = partners.filter(({ id }) => !linked.has(Number(id)) && !paired.has(Number(id)));
  const keys = await odoo.findKeys(
    entity,
    alone.map(({ id }) => id),
  );
  for (const { id, values } of alone) {
    const names = (keys.get(id) ?? []).flatMap((key) => readExternalKey(instance, entity.name, key) ?? []);
    for (const name of names.filter((appId) => !inApp.has(appId))) {
      report.gone.app.push({ app_id: name, odoo_id: Number(id) });
    }
    if (names.length === 0 && values.active === true) report.unknown.odoo += 1;
  }
}
