/** Odoo as a side: bulk reads, creations with external ids, conditional writes. */
import type { Entity } from '../../entities/define-entity.ts';
import { SetupError } from '../../errors.ts';
import {
  type Backend,
  type Clock,
  type ClockOffset,
  type NamedRecord,
  nothingDone,
  type SideRecord,
  type UpdateOperation,
  type WriteResult,
} from '../backend.ts';
import { createClockEstimate } from '../clock-offset.ts';
import type { Foresight } from '../foresight.ts';
import { classifyMissing } from './classify-missing.ts';
import { createCounterparts, type LinkDirectory } from './counterparts.ts';
import { createRecords } from './create-records.ts';
import { findCreated, findKeys } from './find-created.ts';
import { createForesight } from './foresee.ts';
import { createModelFacts, type FactSettings } from './model-facts.ts';
import type { OdooContext } from './odoo-context.ts';
import { decodeRows, parseOdooTime, readRows, searchRows } from './odoo-records.ts';
import { createVariants } from './product-variants.ts';
import { readChanged } from './read-changed.ts';
import { createReferences } from './references.ts';
import { runTransitions } from './run-transitions.ts';
import { createCompanies } from './school-company.ts';
import { type ActionName, adoptRecords, isUsable, searchActions } from './server-actions.ts';
import { createTags, type TagSettings } from './tags.ts';
import type { ClockReading, OdooTransport, OdooVersion } from './transport.ts';
import { updateRecords } from './update-records.ts';
import { withCourier } from './whatsapp-courier.ts';

export interface OdooBackendOptions extends FactSettings {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
  /** Names this bridge in external ids. */
  readonly instance: string;
  readonly tags: TagSettings;
  readonly directory: LinkDirectory;
  readonly readContent: OdooContext['readContent'];
  /** Ids of the server actions as the set-up left them; who is no administrator cannot search for them. */
  readonly recallAction: (name: ActionName) => Promise<number | null>;
}

export interface OdooBackend extends Backend {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
  hasCompareAndSet(): Promise<boolean>;
  /** Makes the tags that are missing: the bot itself may have no right to. */
  prepare(entities: readonly Entity[]): Promise<void>;
  observeDate(reading: ClockReading): void;
  /** What this Odoo would make of writes. */
  foresee(): Foresight;
}

/** How long it is remembered whether an action is there: installing it takes effect within a minute. */
const ACTION_FRESH_MS = 60_000;

export function createOdooBackend(options: OdooBackendOptions): OdooBackend {
  const { transport, version, instance } = options;
  const facts = createModelFacts(transport, options);
  const references = createReferences(
    transport,
    version,
    createTags(transport, options.tags),
    facts,
    createCounterparts(options.directory, createVariants(transport)),
  );
  const byWrites = createClockEstimate();
  const byDates = createClockEstimate();
  let wroteOnce = false;
  const odoo: OdooContext = {
    transport,
    version,
    instance,
    references,
    action: rememberActions(options),
    readContent: options.readContent,
    observeWrite(writeDate, sentAt) {
      if (writeDate === undefined) return;
      const from = parseOdooTime(writeDate);
      byWrites.observe({ from, to: from + 1_000, sentAt, receivedAt: Date.now() });
      wroteOnce = true;
    },
  };
  // write_date is the database's clock, the HTTP date the web server's: the first own write replaces it.
  const clock = (): Clock => (wroteOnce ? byWrites : byDates).current();
  const findKnown = ({ name, odoo: { model } }: Entity, ids: readonly number[]) =>
    options.directory.known(name, model, ids);
  return withCourier(odoo, {
    side: 'odoo',
    transport,
    version,
    async read(entity, ids) {
      return decodeRows(odoo, entity, await readEntity(odoo, entity, ids.map(Number)));
    },
    async makes(entity) {
      if (entity.odoo.membership.kind === 'linked') return false;
      await references.load(entity);
      return references.membershipOf(entity).kind === 'tag';
    },
    readChanged: (entity, since, cursor) => readChanged({ odoo, clock, findKnown }, entity, since, cursor),
    findMatches: (entity, keys) => findMatches(odoo, entity, keys),
    create: (entity, operations, { quiet }) => createRecords(odoo, entity, operations, quiet),
    update: (entity, operations, { quiet }) => updateRecords(odoo, entity, operations, quiet),
    accompany: (entity, operations) => accompany(odoo, entity, operations),
    adopt: (entity, records) => adopt(odoo, entity, records),
    nameRecords: (entity, records) => nameRecords(odoo, entity, records),
    classifyMissing: (entity, records) => classifyMissing(odoo, entity, records),
    async leftOut(entity, records) {
      await odoo.references.load(entity);
      await odoo.references.counterparts.loadParents(records.flatMap((values) => entity.parents(values)));
      return records.map((values) => {
        const { deferred, unheld } = entity.odoo.encode(values, null, odoo.references);
        return [...deferred, ...unheld.map(({ field }) => field)];
      });
    },
    async missingReferences(entity, changes) {
      return references.findMissingCompanies(changes.flatMap((change) => entity.odoo.companies(change)));
    },
    async createReferences(names) {
      const missing = await references.findMissingCompanies(names);
      for (const [name, id] of await createCompanies(odoo, missing)) references.rememberCompany(name, id);
    },
    findCreated: (entity, keys) => findCreated(odoo, entity, keys),
    findKeys: (entity, ids) => findKeys(odoo, entity.odoo.model, ids),
    clock,
    async prepare(entities) {
      // The set-up has just added fields and tags.
      facts.forget();
      for (const entity of entities) await references.load(entity).catch(unlessMissing);
    },
    foresee: () => createForesight(odoo),
    hasCompareAndSet: async () => (await odoo.action('write_if_unchanged')) !== null,
    observeDate({ serverDate, sentAt, receivedAt }) {
      byDates.observe({ from: serverDate, to: serverDate + 1_000, sentAt, receivedAt });
      // The clock was set since our last write: until the next one the web server's is the better witness.
      if (wroteOnce && contradicts(byWrites.current(), byDates.current())) wroteOnce = false;
    },
  });
}

/** Both clocks of one server may be apart, but not by seconds. */
function contradicts(left: ClockOffset, right: ClockOffset): boolean {
  return Math.abs(left.offsetMs - right.offsetMs) > left.uncertaintyMs + right.uncertaintyMs + 5_000;
}

/** The fields that this Odoo has must be known before they are asked for. */
async function readEntity(odoo: OdooContext, entity: Entity, ids: readonly number[]) {
  await odoo.references.load(entity);
  return readRows(odoo, entity, ids);
}

/** @param operations on records of Odoo, with what flows to the app */
async function accompany(
  odoo: OdooContext,
  entity: Entity,
  operations: readonly UpdateOperation[],
): Promise<readonly WriteResult[]> {
  const steps = (entity.odoo.transitions ?? []).filter(({ accompanies }) => accompanies !== undefined);
  const flowing = ({ changes }: UpdateOperation) => steps.filter(({ accompanies = '' }) => accompanies in changes);
  const results: WriteResult[] = [];
  for (const operation of operations) {
    const { id } = operation.record;
    const due = flowing(operation);
    await odoo.references.counterparts.loadParents(entity.parents(operation.whole));
    const wanted = { ...operation, id: Number(id), wanted: operation.whole };
    const advanced = due.length === 0 ? null : (await runTransitions(odoo, entity, due, [wanted])).get(wanted.id);
    results.push(advanced && advanced.kind !== 'done' ? advanced : nothingDone(id));
  }
  return results;
}

/** An Odoo app that is not installed stops only the entities that need it. */
function unlessMissing(error: unknown): void {
  if (!(error instanceof SetupError && error.code === 'missing_module')) throw error;
}

async function findMatches(odoo: OdooContext, entity: Entity, keys: readonly string[]): Promise<readonly SideRecord[]> {
  const found: SideRecord[] = [];
  const { matchField } = entity.odoo;
  if (matchField === null) return found;
  await odoo.references.load(entity);
  for (let start = 0; start < keys.length; start += 500) {
    const domain = [[matchField, 'in', keys.slice(start, start + 500)]];
    found.push(...(await decodeRows(odoo, entity, await searchRows(odoo, entity, domain, null))));
  }
  return found;
}

/** Without our server action the tag alone: then a merge of such a record looks like its deletion. */
async function adopt(
  odoo: OdooContext,
  entity: Entity,
  records: readonly NamedRecord[],
): Promise<ReadonlyMap<string, string>> {
  const { transport, references } = odoo;
  await references.load(entity);
  const { model } = entity.odoo;
  const membership = references.membershipOf(entity);
  const tag = references.tagId(entity.name);
  const action = await odoo.action('adopt');
  if (action === null) {
    const ids = records.map(({ id }) => Number(id));
    if (membership.kind === 'linked') return new Map();
    const vals = { [membership.field]: [[4, tag]] };
    await transport.call({ model, method: 'write', ids, args: { vals } });
    return toStamps(await readRows(odoo, entity, ids));
  }
  const field = membership.kind === 'tag' ? membership.field : null;
  return toStamps(await adoptRecords(transport, action, { model, tag, field, ...toAdopted(odoo, records) }));
}

/** Without our server action there is no way to do it. */
async function nameRecords(odoo: OdooContext, entity: Entity, records: readonly NamedRecord[]): Promise<void> {
  const action = records.length === 0 ? null : await odoo.action('adopt');
  if (action === null) return;
  const untagged = { model: entity.odoo.model, tag: null, field: null };
  await adoptRecords(odoo.transport, action, { ...untagged, ...toAdopted(odoo, records) });
}

function toAdopted({ instance }: OdooContext, records: readonly NamedRecord[]) {
  const module = `bridge_${instance}`;
  return { module, adopted: records.map(({ id, key }) => ({ id: Number(id), name: key.slice(module.length + 1) })) };
}

function toStamps(rows: readonly { readonly id: number; readonly write_date: string }[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ id, write_date }) => [String(id), write_date.slice(0, 19)]));
}

function rememberActions(options: OdooBackendOptions): OdooContext['action'] {
  const known = new Map<ActionName, { id: number | null; until: number }>();
  return async (name) => {
    const cached = known.get(name);
    if (cached && cached.until > Date.now()) return cached.id;
    const id = await findAction(options, name);
    known.set(name, { id, until: Date.now() + ACTION_FRESH_MS });
    return id;
  };
}

async function findAction({ transport, recallAction }: OdooBackendOptions, name: ActionName): Promise<number | null> {
  const remembered = await recallAction(name);
  if (remembered !== null && (await isUsable(transport, name, remembered))) return remembered;
  try {
    const found = (await searchActions(transport)).get(name) ?? null;
    return found !== null && found !== remembered && (await isUsable(transport, name, found)) ? found : null;
  } catch (error) {
    // Only an administrator may search; without the action the plain way is taken.
    if (error instanceof SetupError) return null;
    throw error;
  }
}
