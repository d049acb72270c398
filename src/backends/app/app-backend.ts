/** The app as a side: the contract's requests, in bulk. */
import type { z } from 'zod';
import type { CanonicalRecord, Entity } from '../../entities/define-entity.ts';
import { findUnstorable } from '../../entities/storable-text.ts';
import { BridgeError, beforeSending, SetupError, TerminalError } from '../../errors.ts';
import {
  type Backend,
  type ChangedPage,
  type CreateOperation,
  joinWrites,
  nothingDone,
  type SideRecord,
  type WriteResult,
} from '../backend.ts';
import { type ClockEstimate, createClockEstimate } from '../clock-offset.ts';
import type { Gate } from '../gate.ts';
import { type AppClient, type AppClientOptions, createAppClient } from './app-client.ts';
import {
  type AppRecord,
  type BatchResult,
  dataSchema,
  describeMalformed,
  pageSchema,
  parseAnswer,
  resultsSchema,
  toSideRecord,
} from './app-records.ts';
import { AT_ONCE, chunk, chunkIds } from './chunks.ts';
import { type FindErased, readPeople } from './read-people.ts';

const PAGE = 1_000;
/** One e-mail a request is all that the contract offers; so many at once. */
const LOOKUPS_AT_ONCE = 8;

interface Operation {
  readonly op: 'create' | 'update' | 'archive' | 'restore';
  readonly id?: string;
  readonly idempotency_key: string;
  readonly if_updated_at?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Codes of an app that answers, though not to this call: it may be about one collection only. */
export const APP_ANSWERS: ReadonlySet<string> = new Set(['app_wrong_address']);

interface App {
  readonly call: AppClient;
  readonly clock: ClockEstimate;
  readonly findErased: FindErased;
}

/** @param gate what each request has to pass */
export function createAppBackend(options: AppClientOptions, gate: Gate, findErased: FindErased): Backend {
  const send = createAppClient(options);
  const call: AppClient = (...request) => gate(() => send(...request));
  const clock = createClockEstimate();
  const app: App = { call, clock, findErased };
  return {
    side: 'app',
    async read(entity, ids) {
      // Only listings tell the app's time, and no conflict may be judged before it is known.
      if (!clock.isMeasured()) await readChanged(app, entity, Date.now(), null, 1);
      return toSideRecords(app, entity, await readByIds(call, entity, ids));
    },
    makes: async () => true,
    readChanged: (entity, since, cursor) => readChanged(app, entity, since, cursor, PAGE),
    async findMatches(entity, keys) {
      if (entity.app.matchBy === 'reading') return readMatching(app, entity, keys);
      const found: SideRecord[] = [];
      for (const some of chunk(keys, LOOKUPS_AT_ONCE)) {
        const answers = await Promise.all(some.map((email) => get(call, entity, { email }, dataSchema)));
        const records = answers.flatMap(({ body }) => body.data.good);
        found.push(...(await toSideRecords(app, entity, records)));
      }
      return found;
    },
    async create(entity, operations) {
      try {
        // What it answers may be a record of long ago, and only its time tells.
        if (!clock.isMeasured()) await readChanged(app, entity, Date.now(), null, 1);
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        return operations.map(() => ({ kind: 'failed', error: beforeSending(error) }));
      }
      const toOperation = ({ key, values }: CreateOperation): Operation[] => [
        { op: 'create', idempotency_key: key, fields: entity.app.encode(values) },
      ];
      return writeBatch(call, entity, operations.map(toOperation));
    },
    update: (entity, operations) =>
      writeBatch(
        call,
        entity,
        operations.map(({ key, record, changes }) => toOperations(entity, key, record, changes)),
      ),
    // A record belongs to its collection; schools are plain names here; a create key answers for itself.
    accompany: (_entity, operations) => Promise.resolve(operations.map(({ record: { id } }) => nothingDone(id))),
    adopt: () => Promise.resolve(new Map()),
    nameRecords: () => Promise.resolve(),
    // Deleted records are in the answer with their `deleted_at`: who is left out is not explained by that.
    classifyMissing: () => Promise.resolve(new Map()),
    missingReferences: () => Promise.resolve([]),
    leftOut: (_entity, records) => Promise.resolve(records.map(() => [])),
    createReferences: () => Promise.resolve(),
    findCreated: () => Promise.resolve(new Map()),
    findKeys: () => Promise.resolve(new Map()),
    clock: () => clock.current(),
  };
}

async function get<T>(
  call: AppClient,
  entity: Entity,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): Promise<{ body: T; sentAt: number; receivedAt: number }> {
  const answer = await call('GET', `/bridge/${entity.collection}?${new URLSearchParams(query)}`);
  return { ...answer, body: parseAnswer(schema, answer.body, entity) };
}

/** @throws TerminalError when one of them is malformed */
async function readByIds(call: AppClient, entity: Entity, ids: readonly string[]): Promise<readonly AppRecord[]> {
  const pages = chunkIds(ids).map((some) => get(call, entity, { ids: some.join(',') }, dataSchema));
  return (await Promise.all(pages)).flatMap(({ body }) => {
    const malformed = body.data.bad.find(({ id }) => id !== null && ids.includes(id));
    if (malformed) throw describeMalformed(entity, malformed.error);
    return body.data.good;
  });
}

async function toSideRecords(
  { call, findErased }: App,
  entity: Entity,
  records: readonly AppRecord[],
): Promise<readonly SideRecord[]> {
  const people = await readPeople(entity, records, findErased, (of, ids) => readByIds(call, of, ids));
  return records.map((record) => toSideRecord(entity, record, people));
}

async function readChanged(
  app: App,
  entity: Entity,
  since: number | null,
  cursor: string | null,
  limit: number,
): Promise<ChangedPage> {
  const query = {
    limit: String(limit),
    ...(since !== null && { updated_since: new Date(since).toISOString() }),
    ...(cursor && { cursor }),
  };
  const { body, sentAt, receivedAt } = await get(app.call, entity, query, pageSchema);
  const serverTime = Date.parse(body.server_time);
  app.clock.observe({ from: serverTime, to: serverTime, sentAt, receivedAt });
  const records = await toSideRecords(app, entity, body.data.good);
  const unreadable = body.data.bad.flatMap(({ id }) => id ?? []);
  return { records, unreadable, next: body.next_cursor, serverTime };
}

/** For small collections only: the contract offers no look-up for them. */
async function readMatching(app: App, entity: Entity, keys: readonly string[]): Promise<readonly SideRecord[]> {
  const found: SideRecord[] = [];
  if (keys.length === 0) return found;
  let next: string | null = null;
  do {
    const page: ChangedPage = await readChanged(app, entity, null, next, PAGE);
    found.push(...page.records.filter(({ values }) => keys.includes(entity.matchKey(values) ?? '')));
    next = page.next;
  } while (next !== null);
  return found;
}

/** Archiving is an operation of its own in the contract: an edit that also archives becomes two, in this order. */
function toOperations(
  entity: Entity,
  key: string,
  record: SideRecord,
  changes: Readonly<CanonicalRecord>,
): Operation[] {
  const { active, ...fields } = changes;
  const { flag } = entity.app;
  const flagged = active !== undefined && flag !== undefined;
  const rest = flagged ? { ...entity.app.encode(fields), [flag]: active } : entity.app.encode(fields);
  const operations: Operation[] = [];
  const guard = { id: record.id, if_updated_at: record.stamp };
  if (Object.keys(rest).length > 0) {
    operations.push({ op: 'update', ...guard, idempotency_key: key, fields: rest });
  }
  if (active !== undefined && (!flagged || (active && record.raw.deleted_at != null))) {
    operations.push({ op: active ? 'restore' : 'archive', ...guard, idempotency_key: `${key}:existence`, fields: {} });
  }
  return operations;
}

/** Writes the first operation of each record, then, with the new stamps, the second of those that have one. */
async function writeBatch(
  call: AppClient,
  entity: Entity,
  perRecord: readonly (readonly Operation[])[],
): Promise<readonly WriteResult[]> {
  const results = await writeOperations(
    call,
    entity,
    perRecord.map(([first]) => first as Operation),
  );
  const seconds = perRecord.flatMap(([, second], index) => {
    const first = results[index];
    if (!second || first?.kind !== 'ok' || first.stamp === null) return [];
    return [{ index, first, operation: { ...second, if_updated_at: first.stamp } }];
  });
  const later = await writeOperations(
    call,
    entity,
    seconds.map(({ operation }) => operation),
  );
  seconds.forEach(({ index, first }, position) => {
    const second = later[position];
    if (second) results[index] = joinWrites(first, second, 'active');
  });
  return results;
}

async function writeOperations(
  call: AppClient,
  entity: Entity,
  operations: readonly Operation[],
): Promise<WriteResult[]> {
  const results: WriteResult[] = [];
  for (const some of chunk(operations, AT_ONCE)) results.push(...(await writeChunk(call, entity, some)));
  return results;
}

async function writeChunk(call: AppClient, entity: Entity, operations: readonly Operation[]): Promise<WriteResult[]> {
  const unstorable = operations.map(({ fields }) => findUnstorable(fields as CanonicalRecord));
  const sendable = operations.filter((_, index) => unstorable[index] === null);
  const answers = await postBatch(call, entity, sendable);
  return unstorable.map((error) => (error ? { kind: 'refused', error } : (answers.shift() as WriteResult)));
}

async function postBatch(call: AppClient, entity: Entity, operations: readonly Operation[]): Promise<WriteResult[]> {
  if (operations.length === 0) return [];
  try {
    const answer = await call('POST', `/bridge/${entity.collection}/batch`, { operations });
    const { results } = parseAnswer(resultsSchema, answer.body, entity);
    if (results.length === operations.length) return results.map((result) => toWriteResult(entity, result));
    const message = `The app answered ${results.length} results for ${operations.length} operations.`;
    const remedy = 'The app must answer each operation of a batch, in order; mend the app.';
    throw new SetupError({ code: 'app_breaks_contract', message, remedy }, 'unknown');
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    if (error instanceof TerminalError && operations.length > 1) return bisect(call, entity, operations);
    return operations.map(() => ({ kind: 'failed', error }));
  }
}

/** A batch that is refused as a whole is halved until the bad operation stands alone. */
async function bisect(call: AppClient, entity: Entity, operations: readonly Operation[]): Promise<WriteResult[]> {
  const middle = Math.ceil(operations.length / 2);
  const first = await postBatch(call, entity, operations.slice(0, middle));
  return [...first, ...(await postBatch(call, entity, operations.slice(middle)))];
}

function toWriteResult(entity: Entity, result: BatchResult): WriteResult {
  switch (result.status) {
    case 'ok': {
      const { id, stamp, values } = toSideRecord(entity, result.record);
      return { kind: 'ok', id, stamp, values, deferred: [], warnings: [] };
    }
    case 'stale':
      return { kind: 'stale' };
    case 'not_found':
      return { kind: 'missing' };
    case 'invalid':
      return { kind: 'refused', error: describeInvalid(result.errors) };
  }
}

/** Names the fields; the app's own words are left out, for they may repeat the value. */
function describeInvalid(errors: readonly { field: string }[]) {
  const fields = [...new Set(errors.map(({ field }) => field))].join(', ');
  return {
    code: 'app_refused_value',
    message: `The app refused the value of: ${fields}.`,
    remedy: 'Correct the field in Odoo so that the app accepts it; the record is tried again by itself.',
  };
}
