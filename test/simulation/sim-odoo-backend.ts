/** Odoo as a side of the bridge, as src/backends/odoo/ is with its server actions installed: the same calls and results. */
import {
  type Absence,
  type Backend,
  type CreateOperation,
  nothingDone,
  type UpdateOperation,
  type WriteResult,
} from '../../src/backends/backend.ts';
import { createClockEstimate } from '../../src/backends/clock-offset.ts';
import { foldExact } from '../../src/entities/codecs.ts';
import type { Entity, FieldValue, OdooWrite } from '../../src/entities/define-entity.ts';
import { BridgeError, beforeSending, describeError, SetupError, TerminalError } from '../../src/errors.ts';
import type { Network } from './network.ts';
import { createReferences, odooTime, type PartnerRow, TAGS } from './partner-row.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimOdoo } from './sim-odoo.ts';
import {
  isUnchanged,
  normalEmail,
  pick,
  toNewPartner,
  toSideRecord,
  toUpdateRow,
  type UpdateRow,
  writeIfUnchanged,
} from './sim-odoo-records.ts';

export interface SimOdooBackendOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly process: Process;
  readonly odoo: SimOdoo;
  readonly pageSize: number;
  readonly instance: string;
}

/** So many refusals of rights in a row are no longer about single records. */
const ENOUGH_DENIALS = 8;

export function createSimOdooBackend(options: SimOdooBackendOptions): Backend {
  const { scheduler, network, process, odoo, pageSize, instance } = options;
  const byWrites = createClockEstimate();
  const byDates = createClockEstimate();
  let wroteOnce = false;
  const companyIds = new Map<string, number>();
  const references = createReferences({
    companyName: odoo.companyName,
    companyId: (name) => companyIds.get(foldExact(name)) ?? null,
  });

  async function call<T>(
    name: string,
    writes: boolean,
    run: (begunAt: number) => T,
    records: readonly string[] = [],
  ): Promise<T> {
    const sentAt = scheduler.now();
    const { value, date } = await network.call(process, {
      side: 'odoo',
      name,
      writes,
      records,
      run: (begunAt) => ({ value: run(begunAt), date: Math.floor(odoo.clock.read() / 1_000) * 1_000 }),
    });
    // The web server says the time with each answer.
    byDates.observe({ from: date, to: date + 1_000, sentAt, receivedAt: scheduler.now() });
    if (wroteOnce && contradicts(byWrites.current(), byDates.current())) wroteOnce = false;
    return value;
  }

  const clock = () => (wroteOnce ? byWrites : byDates).current();
  const toRecord = (entity: Entity, row: PartnerRow) => toSideRecord(entity, row, references);

  async function loadRows(
    entity: Entity,
    rows: readonly { readonly operation: CreateOperation; readonly write: OdooWrite }[],
    results: Map<CreateOperation, WriteResult>,
  ): Promise<void> {
    if (rows.length === 0) return;
    try {
      const made = await call(`load ${rows.length}`, true, (begunAt) =>
        odoo.transact('bridge', begunAt, (transaction) =>
          rows
            .map(({ operation, write }) => transaction.load(operation.key, toNewPartner(entity, write, references)))
            .map((id) => transaction.get(id) as PartnerRow),
        ),
      );
      rows.forEach(({ operation, write }, index) => {
        const row = made[index] as PartnerRow;
        const held = Object.entries(toRecord(entity, row).values).filter(([field]) => !write.deferred.includes(field));
        results.set(operation, {
          kind: 'ok',
          id: String(row.id),
          stamp: row.create_date,
          values: Object.fromEntries(held),
          deferred: write.deferred,
          warnings: write.unheld,
        });
      });
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      if (error instanceof TerminalError && rows.length > 1) {
        const middle = Math.ceil(rows.length / 2);
        await loadRows(entity, rows.slice(0, middle), results);
        return loadRows(entity, rows.slice(middle), results);
      }
      for (const { operation } of rows) results.set(operation, toFailure(error));
    }
  }

  async function writeRows(
    entity: Entity,
    rows: readonly UpdateRow[],
    results: Map<UpdateOperation, WriteResult>,
    budget: { denials: number },
  ): Promise<void> {
    if (rows.length === 0) return;
    const sentAt = scheduler.now();
    try {
      const write = (begunAt: number) => writeIfUnchanged(odoo, begunAt, rows);
      const ids = rows.map(({ id }) => String(id));
      const done = await call(`write ${rows.length}`, true, write, ids);
      const [first] = done.values();
      if (first) {
        const from = Date.parse(`${first.write_date.replace(' ', 'T')}Z`);
        byWrites.observe({ from, to: from + 1_000, sentAt, receivedAt: scheduler.now() });
        wroteOnce = true;
      }
      for (const row of rows) {
        const written = done.get(row.id);
        results.set(row.operation, written ? toResult(entity, row, written) : { kind: 'stale' });
      }
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const denied = error instanceof SetupError && error.code === 'access_denied';
      if (denied && rows.length === 1) budget.denials += 1;
      if ((error instanceof TerminalError || (denied && budget.denials < ENOUGH_DENIALS)) && rows.length > 1) {
        const middle = Math.ceil(rows.length / 2);
        await writeRows(entity, rows.slice(0, middle), results, budget);
        return writeRows(entity, rows.slice(middle), results, budget);
      }
      for (const { operation } of rows) results.set(operation, toFailure(error));
    }
  }

  /** What Odoo cannot hold is left alone, if it still is as it was read. */
  async function leaveUnheld(
    entity: Entity,
    rows: readonly UpdateRow[],
    results: Map<UpdateOperation, WriteResult>,
  ): Promise<void> {
    if (rows.length === 0) return;
    try {
      const ids = new Set(rows.map(({ id }) => id));
      const found = await call(`look ${rows.length}`, false, () => odoo.visible(({ id }) => ids.has(id)));
      const current = new Map(found.map((now) => [now.id, now]));
      for (const row of rows) {
        const now = current.get(row.id);
        if (!now) results.set(row.operation, { kind: 'missing' });
        else results.set(row.operation, isUnchanged(now, row.expect) ? toResult(entity, row, null) : { kind: 'stale' });
      }
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      for (const { operation } of rows) results.set(operation, toFailure(beforeSending(error)));
    }
  }

  function toResult(entity: Entity, { operation, write }: UpdateRow, written: PartnerRow | null): WriteResult {
    const held = entity.odoo.decode(
      { ...operation.record.raw, ...pick(written, Object.keys(write.values)) },
      references,
    );
    const values: Record<string, FieldValue> = {};
    for (const field of Object.keys(operation.changes)) values[field] = held[field] ?? null;
    return {
      kind: 'ok',
      id: operation.record.id,
      stamp: written?.write_date ?? null,
      values,
      deferred: write.deferred,
      warnings: write.unheld,
    };
  }

  return {
    side: 'odoo',
    async read(entity, ids) {
      return call(`read ${ids.length}`, false, () => odoo.byIds(ids.map(Number)).map((row) => toRecord(entity, row)));
    },
    makes: async ({ odoo }) => odoo.membership.kind === 'tag',
    async readChanged(entity, since, cursor) {
      const { offsetMs, uncertaintyMs } = clock();
      const serverTime = scheduler.now() + offsetMs - uncertaintyMs;
      const after = cursor === null ? 0 : Number(cursor);
      const from = since === null ? null : odooTime(since);
      const tag = TAGS[entity.name] ?? 0;
      const belongs = (row: PartnerRow) => (from === null ? row.category_id.includes(tag) : row.write_date >= from);
      const records = await call('list', false, () =>
        odoo.page((row) => row.id > after && belongs(row), pageSize).map((row) => toRecord(entity, row)),
      );
      const next = records.length < pageSize ? null : (records.at(-1)?.id ?? null);
      return { records, unreadable: [], next, serverTime };
    },
    async findMatches(entity, keys) {
      if (keys.length === 0) return [];
      return call('find', false, () =>
        odoo.visible(({ email }) => keys.includes(normalEmail(email))).map((row) => toRecord(entity, row)),
      );
    },
    async create(entity, operations) {
      const results = new Map<CreateOperation, WriteResult>();
      const rows = operations.map((operation) => ({
        operation,
        write: entity.odoo.encode(operation.values, null, references),
      }));
      // One load per set of columns.
      for (const group of Map.groupBy(rows, ({ write }) => Object.keys(write.values).sort().join()).values()) {
        await loadRows(entity, group, results);
      }
      return operations.map((operation) => results.get(operation) ?? unanswered());
    },
    async update(entity, operations) {
      const results = new Map<UpdateOperation, WriteResult>();
      const rows = operations.map((operation) => toUpdateRow(entity, operation, references));
      const full: UpdateRow[] = [];
      const unheld: UpdateRow[] = [];
      for (const row of rows) {
        if (Object.keys(row.write.values).length > 0) full.push(row);
        else if (row.write.unheld.length > 0) unheld.push(row);
        else results.set(row.operation, toResult(entity, row, null));
      }
      await leaveUnheld(entity, unheld, results);
      await writeRows(entity, full, results, { denials: 0 });
      return operations.map((operation) => results.get(operation) ?? unanswered());
    },
    accompany: (_entity, operations) => Promise.resolve(operations.map(({ record: { id } }) => nothingDone(id))),
    async adopt(entity, records) {
      const tag = TAGS[entity.name] ?? 0;
      return call(`adopt ${records.length}`, true, (begunAt) => {
        odoo.transact('bridge', begunAt, (transaction) => {
          for (const { id, key } of records) {
            const row = transaction.get(Number(id));
            if (!row) continue;
            // The server action writes a tag that is there already all the same, and that moves the stamp.
            transaction.write(row.id, { category_id: [...new Set([...row.category_id, tag])] }, key);
            if (odoo.externalId(key) === undefined) transaction.name(key, row.id);
          }
        });
        return new Map(
          records.flatMap(({ id }) => {
            const row = odoo.find(Number(id));
            return row ? [[id, row.write_date] as const] : [];
          }),
        );
      });
    },
    async nameRecords(_entity, records) {
      if (records.length === 0) return;
      await call(`name ${records.length}`, true, (begunAt) =>
        odoo.transact('bridge', begunAt, (transaction) => {
          for (const { id, key } of records) {
            const row = transaction.get(Number(id));
            if (row && odoo.externalId(key) === undefined) transaction.name(key, row.id);
          }
        }),
      );
    },
    async classifyMissing(_entity, records) {
      if (records.length === 0) return new Map();
      return call('classify', false, () => {
        const named = (key: string, id: string) => String(odoo.externalId(key) ?? id);
        return new Map(
          records.map(({ id, key }): [string, Absence] => {
            const into = named(key, id);
            if (into !== id) return [id, { kind: 'merged', into }];
            return [id, { kind: odoo.find(Number(id)) ? 'hidden' : 'deleted' }];
          }),
        );
      });
    },
    async findKeys(_entity, ids) {
      if (ids.length === 0) return new Map();
      return call('keys', false, () => {
        const carried = ids.map(
          (id) => [id, odoo.keysOf(Number(id)).filter((key) => key.startsWith(`bridge_${instance}.`))] as const,
        );
        return new Map(carried.filter(([, keys]) => keys.length > 0));
      });
    },
    async leftOut(entity, records) {
      return records.map((values) => {
        const { deferred, unheld } = entity.odoo.encode(values, null, references);
        return [...deferred, ...unheld.map(({ field }) => field)];
      });
    },
    async missingReferences(entity, changes) {
      const names = changes.flatMap((change) => entity.odoo.companies(change));
      return names.length === 0 ? [] : call('companies', false, () => missing(names));
    },
    async createReferences(names) {
      for (const name of await call('companies', false, () => missing(names))) {
        const key = `bridge_${instance}.company-${foldExact(name)}`;
        const id = await call('company', true, (begunAt) => {
          const known = odoo.externalId(key);
          if (known !== undefined) return known;
          return odoo.transact('bridge', begunAt, (transaction) => transaction.load(key, { name, is_company: true }));
        });
        companyIds.set(foldExact(name), id);
      }
    },
    async findCreated(_entity, keys) {
      if (keys.length === 0) return new Map();
      return call('ids', false, () => {
        const found = keys.map((key) => [key, odoo.externalId(key)] as const);
        return new Map(found.flatMap(([key, id]) => (id === undefined ? [] : [[key, String(id)] as const])));
      });
    },
    clock,
  };

  function missing(names: readonly string[]): readonly string[] {
    const found = odoo.visible(({ is_company }) => is_company);
    // The oldest of several namesakes, so that every bridge process takes the same one.
    for (const { id, name } of found.toReversed()) if (name !== false) companyIds.set(foldExact(name), id);
    return [...new Map(names.map((name) => [foldExact(name), name]))]
      .filter(([folded]) => !companyIds.has(folded))
      .map(([, name]) => name);
  }
}

function toFailure(error: BridgeError): WriteResult {
  if (error instanceof TerminalError) return { kind: 'refused', error: describeError(error) };
  return { kind: 'failed', error };
}

function unanswered(): WriteResult {
  return { kind: 'failed', error: new TypeError('a record was left out') };
}

function contradicts(
  left: { offsetMs: number; uncertaintyMs: number },
  right: { offsetMs: number; uncertaintyMs: number },
): boolean {
  return Math.abs(left.offsetMs - right.offsetMs) > left.uncertaintyMs + right.uncertaintyMs + 5_000;
}
