/** The app as a side of the bridge, as src/backends/app/app-backend.ts is: the same calls, operations and results. */
import {
  type Backend,
  type ChangedPage,
  type Clock,
  joinWrites,
  nothingDone,
  type SideRecord,
  type UpdateOperation,
  type WriteResult,
} from '../../src/backends/backend.ts';
import { createClockEstimate } from '../../src/backends/clock-offset.ts';
import type { Entity } from '../../src/entities/define-entity.ts';
import { BridgeError, beforeSending } from '../../src/errors.ts';
import type { Network } from './network.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { AppOperation, AppResult, AppRow, SimApp } from './sim-app.ts';

export function createSimAppBackend(scheduler: Scheduler, network: Network, process: Process, app: SimApp): Backend {
  const clock = createClockEstimate();
  const call = <T>(name: string, writes: boolean, run: () => T, records: readonly string[] = []): Promise<T> =>
    network.call(process, { side: 'app', name, writes, records, run });

  async function write(entity: Entity, operations: readonly AppOperation[]): Promise<WriteResult[]> {
    if (operations.length === 0) return [];
    const records = operations.flatMap(({ id }) => (id === undefined ? [] : [`${entity.name}:${id}`]));
    try {
      const results = await call(`batch ${operations.length}`, true, () => app.batch(entity, operations), records);
      return results.map((result) => toWriteResult(entity, result));
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      return operations.map(() => ({ kind: 'failed', error }));
    }
  }

  async function list(entity: Entity, since: number | null, cursor: string | null): Promise<ChangedPage> {
    const sentAt = scheduler.now();
    const { data, next, serverTime } = await call('list', false, () => app.page(entity, since, cursor));
    const at = Date.parse(serverTime);
    clock.observe({ from: at, to: at, sentAt, receivedAt: scheduler.now() });
    return { records: data.map((row) => toSideRecord(entity, row)), unreadable: [], next, serverTime: at };
  }

  return {
    side: 'app',
    async read(entity, ids) {
      // Only listings tell the app's time, and no conflict may be judged before it is known.
      if (!clock.isMeasured()) await list(entity, scheduler.now(), null);
      const rows = await call(`read ${ids.length}`, false, () => app.byIds(entity, ids));
      return rows.map((row) => toSideRecord(entity, row));
    },
    makes: async () => true,
    readChanged: list,
    async findMatches(entity, keys) {
      const found: SideRecord[] = [];
      for (const key of keys) {
        const rows = await call('find', false, () => app.byEmail(entity, key));
        found.push(...rows.map((row) => toSideRecord(entity, row)));
      }
      return found;
    },
    async create(entity, operations) {
      try {
        if (!clock.isMeasured()) await list(entity, scheduler.now(), null);
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        return operations.map(() => ({ kind: 'failed', error: beforeSending(error) }));
      }
      return write(
        entity,
        operations.map(({ key, values }) => ({
          op: 'create',
          idempotency_key: key,
          fields: entity.app.encode(values),
        })),
      );
    },
    async update(entity, operations) {
      const perRecord = operations.map((operation) => toOperations(entity, operation));
      const results = await write(
        entity,
        perRecord.map(([first]) => first as AppOperation),
      );
      // An edit that also archives is two operations: the second goes with the stamp of the first.
      const seconds = perRecord.flatMap(([, second], index) => {
        const first = results[index];
        if (!second || first?.kind !== 'ok' || first.stamp === null) return [];
        return [{ index, first, operation: { ...second, if_updated_at: first.stamp } }];
      });
      const later = await write(
        entity,
        seconds.map(({ operation }) => operation),
      );
      seconds.forEach(({ index, first }, position) => {
        const second = later[position];
        if (second) results[index] = joinWrites(first, second, 'active');
      });
      return results;
    },
    accompany: (_entity, operations) => Promise.resolve(operations.map(({ record: { id } }) => nothingDone(id))),
    adopt: () => Promise.resolve(new Map()),
    nameRecords: () => Promise.resolve(),
    classifyMissing: () => Promise.resolve(new Map()),
    missingReferences: () => Promise.resolve([]),
    leftOut: (_entity, records) => Promise.resolve(records.map(() => [])),
    createReferences: () => Promise.resolve(),
    findCreated: () => Promise.resolve(new Map()),
    findKeys: () => Promise.resolve(new Map()),
    clock: (): Clock => clock.current(),
  };
}

/** Rows are never altered, only replaced: what was made of one stays true. */
const known = new WeakMap<AppRow, SideRecord>();

export function toSideRecord(entity: Entity, row: AppRow): SideRecord {
  const cached = known.get(row);
  if (cached) return cached;
  const at = Date.parse(row.updated_at);
  const record: SideRecord = {
    id: row.id,
    stamp: row.updated_at,
    modified: { from: at, to: at + 1 },
    values: entity.app.decode(row),
    memberOf: [entity.name],
    isCompany: false,
    ownedGroups: [],
    raw: row,
  };
  known.set(row, record);
  return record;
}

function toOperations(entity: Entity, { key, record, changes }: UpdateOperation): AppOperation[] {
  const { active, ...rest } = changes;
  const operations: AppOperation[] = [];
  const guard = { id: record.id, if_updated_at: record.stamp };
  if (Object.keys(rest).length > 0) {
    operations.push({ op: 'update', ...guard, idempotency_key: key, fields: entity.app.encode(rest) });
  }
  if (active !== undefined) {
    operations.push({ op: active ? 'restore' : 'archive', ...guard, idempotency_key: `${key}:existence`, fields: {} });
  }
  return operations;
}

function toWriteResult(entity: Entity, result: AppResult): WriteResult {
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
      return {
        kind: 'refused',
        error: {
          code: 'app_refused_value',
          message: `The app refused the value of: ${result.field}.`,
          remedy: 'None.',
        },
      };
  }
}
