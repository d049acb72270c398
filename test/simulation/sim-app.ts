/** The travel company's app as the contract describes it, without HTTP: collections, stamps, conditional writes. */
import type { Entity } from '../../src/entities/define-entity.ts';
import { type Author, changedNames, diff, type Ledger } from './ledger.ts';
import type { Scheduler } from './scheduler.ts';
import type { SideClock } from './side-clock.ts';
import { createSightings } from './sightings.ts';

/** As the contract sends it; the fields stand beside these. */
export interface AppRow {
  readonly id: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly [field: string]: unknown;
}

export interface AppOperation {
  readonly op: 'create' | 'update' | 'archive' | 'restore';
  readonly id?: string;
  readonly idempotency_key: string;
  readonly if_updated_at?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type AppResult =
  | { readonly status: 'ok'; readonly record: AppRow }
  | { readonly status: 'stale' | 'not_found' }
  | { readonly status: 'invalid'; readonly field: string };

export interface SimApp {
  readonly clock: SideClock;
  /** All records of the entity, whether the API shows them or not. */
  rows(entity: Entity): readonly AppRow[];
  find(entity: Entity, id: string): AppRow | undefined;
  page(
    entity: Entity,
    since: number | null,
    cursor: string | null,
  ): { readonly data: readonly AppRow[]; readonly next: string | null; readonly serverTime: string };
  byIds(entity: Entity, ids: readonly string[]): readonly AppRow[];
  byEmail(entity: Entity, email: string): readonly AppRow[];
  batch(entity: Entity, operations: readonly AppOperation[]): readonly AppResult[];
  /** A person's own doing. */
  createByPerson(entity: Entity, fields: Readonly<Record<string, unknown>>): AppRow;
  writeByPerson(entity: Entity, id: string, fields: Readonly<Record<string, unknown>>): void;
  /** Lets the API leave a record out, as if it did not exist. */
  hide(entity: Entity, id: string, hidden: boolean): void;
  /** Whether it ever was hidden, after that moment. */
  wasHidden(entity: Entity, id: string, since?: number): boolean;
  /** Whether a listing left the record out as it is now, and no answer has had it so. */
  isOverlooked(entity: Entity, id: string): boolean;
}

export interface SimAppOptions {
  readonly scheduler: Scheduler;
  readonly clock: SideClock;
  readonly ledger: Ledger;
  /** Records of one page; small, so that listings have several. */
  readonly pageSize: number;
  /** Called for every commit. */
  readonly onChange: (entity: Entity, id: string) => void;
}

/** A value that the app refuses, whatever the field. */
export const REFUSED_BY_APP = 'not for the app';

export function createSimApp({ scheduler, clock, ledger, pageSize, onChange }: SimAppOptions): SimApp {
  const collections = new Map<string, Map<string, AppRow>>();
  const answered = new Map<string, AppResult>();
  const hidden = new Set<string>();
  const hiddenUntil = new Map<string, number>();
  const sightings = createSightings<AppRow>();
  let lastNumber = 0;

  function collection(entity: Entity): Map<string, AppRow> {
    const known = collections.get(entity.name) ?? new Map<string, AppRow>();
    collections.set(entity.name, known);
    return known;
  }

  const isHidden = (entity: Entity, id: string) => hidden.has(`${entity.name}:${id}`);

  function shown(entity: Entity): AppRow[] {
    const rows = [...collection(entity).values()];
    return hidden.size === 0 ? rows : rows.filter(({ id }) => !isHidden(entity, id));
  }

  /** Microseconds, which a `Date` would lose; never the same twice. */
  function stamp(): string {
    const micros = String(scheduler.random.between(0, 999)).padStart(3, '0');
    return `${new Date(clock.read()).toISOString().slice(0, -1)}${micros}Z`;
  }

  function commit(entity: Entity, before: AppRow | undefined, after: AppRow, author: Author, key?: string): AppRow {
    collection(entity).set(after.id, after);
    const changes = diff(before ? entity.app.decode(before) : null, entity.app.decode(after));
    const at = scheduler.now();
    const kind = before ? 'update' : 'create';
    const record = `${entity.name}:${after.id}`;
    ledger.add({
      at,
      begunAt: at,
      side: 'app',
      record,
      author,
      kind,
      changes,
      raw: changedNames(before, after),
      stamp: after.updated_at,
      ...(key && { key }),
    });
    scheduler.note(`app ${author} ${kind} ${record} ${Object.keys(changes).join()}`);
    onChange(entity, after.id);
    return after;
  }

  function create(entity: Entity, fields: Readonly<Record<string, unknown>>, author: Author, key?: string): AppRow {
    lastNumber += 1;
    const born = { ...fields, id: `a${lastNumber}`, updated_at: stamp(), deleted_at: null };
    return commit(entity, undefined, born, author, key);
  }

  function perform(entity: Entity, operation: AppOperation): AppResult {
    const { op, id = '', fields } = operation;
    const before = collection(entity).get(id);
    if (op !== 'create') {
      if (!before || isHidden(entity, id)) return { status: 'not_found' };
      if (operation.if_updated_at !== undefined && operation.if_updated_at !== before.updated_at)
        return { status: 'stale' };
    }
    const refused = Object.keys(fields).find((field) => fields[field] === REFUSED_BY_APP);
    if (refused !== undefined) return { status: 'invalid', field: refused };
    if (op === 'create' || !before) {
      return { status: 'ok', record: create(entity, fields, 'bridge', operation.idempotency_key) };
    }
    const updated_at = stamp();
    if (op === 'update')
      return { status: 'ok', record: commit(entity, before, { ...before, ...fields, updated_at }, 'bridge') };
    const deleted_at = op === 'archive' ? updated_at : null;
    return { status: 'ok', record: commit(entity, before, { ...before, deleted_at, updated_at }, 'bridge') };
  }

  return {
    clock,
    rows: (entity) => [...collection(entity).values()],
    find: (entity, id) => collection(entity).get(id),
    page(entity, since, cursor) {
      const from = since === null ? '' : `${new Date(since).toISOString().slice(0, -1)}000Z`;
      const place = ({ updated_at, id }: AppRow) => `${updated_at} ${id}`;
      const isWanted = (row: AppRow) => row.updated_at >= from && (cursor === null || place(row) > cursor);
      const rows = shown(entity)
        .filter(isWanted)
        .sort((left, right) => (place(left) < place(right) ? -1 : 1));
      if (hidden.size > 0)
        sightings.leaveOut([...collection(entity).values()].filter((row) => isHidden(entity, row.id) && isWanted(row)));
      // The app may return fewer than it was asked for: only the missing cursor ends a listing.
      const size = scheduler.random.chance(0.2) ? scheduler.random.between(1, pageSize) : pageSize;
      const data = sightings.show(rows.slice(0, size));
      const last = data.at(-1);
      const next = rows.length > size && last ? place(last) : null;
      return { data, next, serverTime: new Date(clock.read()).toISOString() };
    },
    byIds: (entity, ids) => sightings.show(shown(entity).filter(({ id }) => ids.includes(id))),
    byEmail: (entity, email) =>
      shown(entity).filter((row) => typeof row.email === 'string' && row.email.trim().toLowerCase() === email),
    batch(entity, operations) {
      return operations.map((operation) => {
        const key = `${entity.name} ${operation.idempotency_key}`;
        const known = answered.get(key);
        if (known) return known;
        const result = perform(entity, operation);
        if (result.status === 'ok') answered.set(key, result);
        return result;
      });
    },
    createByPerson: (entity, fields) => create(entity, fields, 'person'),
    writeByPerson(entity, id, fields) {
      const before = collection(entity).get(id);
      if (before) commit(entity, before, { ...before, ...fields, updated_at: stamp() }, 'person');
    },
    wasHidden: (entity, id, since = Number.NEGATIVE_INFINITY) =>
      (hiddenUntil.get(`${entity.name}:${id}`) ?? Number.NEGATIVE_INFINITY) > since,
    isOverlooked(entity, id) {
      const row = collection(entity).get(id);
      return row !== undefined && sightings.isOverlooked(row);
    },
    hide(entity, id, hides) {
      const key = `${entity.name}:${id}`;
      if (hides) hidden.add(key);
      else if (!hidden.delete(key)) return;
      hiddenUntil.set(key, hides ? Number.POSITIVE_INFINITY : scheduler.now());
    },
  };
}
