/** Odoo's partners with their transactions: stamps of the transaction's start, external ids, rights, side effects. */
import { teacher } from '../../src/entities/teacher.ts';
import { SetupError, TerminalError } from '../../src/errors.ts';
import { type Author, changedNames, diff, type Ledger } from './ledger.ts';
import { createReferences, EMPTY_PARTNER, odooTime, type PartnerRow, type PartnerValues } from './partner-row.ts';
import { type PartnerTable, settleLoaded, writePartner } from './partner-rules.ts';
import type { Scheduler } from './scheduler.ts';
import type { SideClock } from './side-clock.ts';
import { createSightings } from './sightings.ts';

/** What a transaction may do. All of it becomes visible at once, or none. */
export interface Transaction {
  get(id: number): PartnerRow | undefined;
  create(values: PartnerValues, key?: string): number;
  /** As `load()` does: with the company's values taken over, under an external id. */
  load(key: string, values: PartnerValues): number;
  write(id: number, values: PartnerValues, key?: string): void;
  unlink(id: number): void;
  /** Moves everything of the loser to the survivor and deletes it. */
  merge(loser: number, survivor: number): void;
  name(key: string, id: number): void;
}

export interface SimOdoo {
  readonly clock: SideClock;
  rows(): readonly PartnerRow[];
  find(id: number): PartnerRow | undefined;
  /** What the bridge's user may see. */
  visible(test: (row: PartnerRow) => boolean): readonly PartnerRow[];
  /** So many of them, lowest ids first, as a listing. */
  page(test: (row: PartnerRow) => boolean, size: number): readonly PartnerRow[];
  byIds(ids: readonly number[]): readonly PartnerRow[];
  isHidden(id: number): boolean;
  /** Whether it ever was. */
  wasHidden(id: number): boolean;
  /** Whether a listing left the partner out as it is now, and no answer has had it so. */
  isOverlooked(id: number): boolean;
  companyName(id: number): string | null;
  findCompany(name: string): PartnerRow | undefined;
  externalId(key: string): number | undefined;
  /** All external ids that a partner carries. */
  keysOf(id: number): readonly string[];
  /** @param begunAt true time of the start: its stamp, unless somebody committed to the same rows since */
  transact<T>(author: Author, begunAt: number, work: (transaction: Transaction) => T): T;
  /** As Odoo 17 and 18 do it: webhooks first, the commit some time later. */
  transactEarly(begunAt: number, commitAfterMs: number, work: (transaction: Transaction) => void): void;
  setRight(id: number, right: 'hidden' | 'readonly' | 'full'): void;
}

export interface SimOdooOptions {
  readonly scheduler: Scheduler;
  readonly clock: SideClock;
  readonly ledger: Ledger;
  /** Called at each commit for every partner that an automation would post. */
  readonly onChange: (id: number) => void;
}

interface Attempt {
  readonly author: Author;
  readonly begunAt: number;
  readonly stamp: string;
  readonly touched: ReadonlyMap<number, PartnerRow | null>;
  /** External ids that change, with the record they name from now on. */
  readonly named: ReadonlyMap<string, number | null>;
  /** Names of the attempts that created or adopted. */
  readonly keys: ReadonlyMap<number, string>;
}

/** A value that Odoo refuses, whatever the field. */
export const REFUSED_BY_ODOO = 'not for odoo';

export function createSimOdoo({ scheduler, clock, ledger, onChange }: SimOdooOptions): SimOdoo {
  const rows = new Map<number, PartnerRow>();
  const committedAt = new Map<number, number>();
  const externalIds = new Map<string, number>();
  const rights = new Map<number, 'hidden' | 'readonly'>();
  const references = createReferences({ companyName, companyId: () => null });
  const decode = (row: PartnerRow) => teacher.odoo.decode({ ...row }, references);
  const onceHidden = new Set<number>();
  const sightings = createSightings<PartnerRow>();
  let lastId = 100;

  const isHidden = (id: number) => rights.get(id) === 'hidden';
  const visible = (test: (row: PartnerRow) => boolean) =>
    [...rows.values()].filter((row) => !isHidden(row.id) && test(row)).sort((a, b) => a.id - b.id);

  function companyName(id: number): string | null {
    const row = rows.get(id);
    return row?.is_company && row.name !== false ? row.name : null;
  }

  function attempt<T>(author: Author, begunAt: number, work: (transaction: Transaction) => T) {
    const touched = new Map<number, PartnerRow | null>();
    const loud = new Set<number>();
    const named = new Map<string, number | null>();
    const keys = new Map<number, string>();
    const stamp = odooTime(clock.read(begunAt));
    const get = (id: number) => (touched.has(id) ? (touched.get(id) ?? undefined) : rows.get(id));
    const all = () => [...new Set([...rows.keys(), ...touched.keys()])].flatMap((id) => get(id) ?? []);

    function present(id: number): PartnerRow {
      const row = get(id);
      if (!row)
        throw new TerminalError({
          code: 'missing_record',
          message: 'The record no longer exists in Odoo.',
          remedy: 'None.',
        });
      if (author === 'bridge' && isHidden(id)) throw accessDenied();
      return row;
    }

    const table: PartnerTable = {
      get: present,
      put(id, values, silent) {
        if (author === 'bridge' && rights.get(id) === 'readonly') throw accessDenied();
        if (author === 'bridge' && Object.values(values).includes(REFUSED_BY_ODOO)) throw refused();
        touched.set(id, { ...present(id), ...values, write_date: stamp });
        if (!silent) loud.add(id);
      },
      childrenOf: (id) => all().filter((row) => row.parent_id === id),
    };

    function create(values: PartnerValues, key?: string): number {
      lastId += 1;
      const id = lastId;
      touched.set(id, { ...EMPTY_PARTNER, id, create_date: stamp, write_date: stamp });
      if (key !== undefined) keys.set(id, key);
      table.put(id, {}, false);
      writePartner(table, id, values);
      return id;
    }

    const resolve = (key: string) => (named.has(key) ? (named.get(key) ?? undefined) : externalIds.get(key));
    const transaction: Transaction = {
      get,
      create,
      load(key, values) {
        const known = resolve(key);
        if (known !== undefined && get(known)) {
          writePartner(table, known, values);
          return known;
        }
        // Not by the way of a plain create: load() leaves the syncing of addresses out.
        const { parent_id = false, ...own } = values;
        const id = create(own, key);
        table.put(id, { parent_id }, false);
        settleLoaded(table, id);
        named.set(key, id);
        return id;
      },
      write(id, values, key) {
        writePartner(table, id, values);
        if (key !== undefined) keys.set(id, key);
      },
      unlink(id) {
        touched.set(id, null);
        for (const [key, target] of externalIds) if (target === id) named.set(key, null);
      },
      merge(loser, survivor) {
        const [lost, kept] = [present(loser), present(survivor)];
        for (const [key, target] of externalIds) if (target === loser) named.set(key, survivor);
        for (const child of table.childrenOf(loser)) table.put(child.id, { parent_id: survivor }, false);
        const filled = Object.entries(lost).filter(([field]) => kept[field as keyof PartnerRow] === false);
        const category_id = [...new Set([...kept.category_id, ...lost.category_id])].sort();
        touched.set(loser, null);
        table.put(survivor, { ...Object.fromEntries(filled), category_id }, false);
      },
      name: (key, id) => named.set(key, id),
    };
    const result = work(transaction);
    const late = [...touched.keys()].some((id) => (committedAt.get(id) ?? 0) > begunAt);
    return { result, late, touched, loud, commit: () => commit({ author, begunAt, stamp, touched, named, keys }) };
  }

  /** Automations fire for what differs; addresses that come from the company go past them. */
  function announce({ touched, loud }: Pick<ReturnType<typeof attempt>, 'touched' | 'loud'>): void {
    for (const [id, after] of touched) {
      const before = rows.get(id);
      if (!after || !before) onChange(id);
      else if (loud.has(id) && isNews(before, after)) onChange(id);
    }
  }

  function isNews(before: PartnerRow, after: PartnerRow): boolean {
    return (
      before.category_id.join() !== after.category_id.join() ||
      Object.keys(diff(decode(before), decode(after))).length > 0
    );
  }

  function commit({ author, begunAt, stamp, touched, named, keys }: Attempt): void {
    const at = scheduler.now();
    for (const [key, id] of named) {
      if (id === null) externalIds.delete(key);
      else externalIds.set(key, id);
    }
    for (const [id, after] of touched) {
      const before = rows.get(id);
      committedAt.set(id, at);
      if (after) rows.set(id, after);
      else rows.delete(id);
      const kind = after ? (before ? 'update' : 'create') : 'unlink';
      const changes = after ? diff(before ? decode(before) : null, decode(after)) : {};
      const key = keys.get(id);
      const raw = after ? changedNames(before, after) : [];
      ledger.add({
        at,
        begunAt,
        side: 'odoo',
        record: String(id),
        author,
        kind,
        changes,
        raw,
        stamp,
        ...(key && { key }),
      });
      scheduler.note(`odoo ${author} ${kind} ${id} ${Object.keys(changes).join()}`);
    }
  }

  return {
    clock,
    rows: () => [...rows.values()],
    find: (id) => rows.get(id),
    visible,
    page(test, size) {
      sightings.leaveOut([...rows.values()].filter((row) => isHidden(row.id) && test(row)));
      return sightings.show(visible(test).slice(0, size));
    },
    byIds: (ids) => sightings.show(visible(({ id }) => ids.includes(id))),
    isHidden,
    wasHidden: (id) => onceHidden.has(id),
    isOverlooked(id) {
      const row = rows.get(id);
      return row !== undefined && sightings.isOverlooked(row);
    },
    companyName,
    findCompany: (folded) =>
      [...rows.values()].find((row) => row.is_company && String(row.name).toLowerCase() === folded.toLowerCase()),
    externalId: (key) => externalIds.get(key),
    keysOf: (id) => [...externalIds].filter(([, target]) => target === id).map(([key]) => key),
    transact(author, begunAt, work) {
      let tried = attempt(author, begunAt, work);
      // Somebody else committed to one of these rows meanwhile: Odoo runs the call again from the start.
      if (tried.late) tried = attempt(author, scheduler.now(), work);
      announce(tried);
      tried.commit();
      return tried.result;
    },
    transactEarly(begunAt, commitAfterMs, work) {
      const tried = attempt('person', begunAt, work);
      announce(tried);
      scheduler.after(commitAfterMs, () => {
        const meanwhile = [...tried.touched.keys()].some((id) => (committedAt.get(id) ?? 0) > begunAt);
        if (!meanwhile) return tried.commit();
        try {
          attempt('person', scheduler.now(), work).commit();
        } catch {
          // What it was about is gone: Odoo rolls back, and the webhook was for nothing.
        }
      });
    },
    setRight(id, right) {
      if (right === 'full') rights.delete(id);
      else rights.set(id, right);
      if (right === 'hidden') onceHidden.add(id);
    },
  };
}

export function accessDenied(): SetupError {
  return new SetupError({ code: 'access_denied', message: 'Access denied: simulated.', remedy: 'None.' });
}

function refused(): TerminalError {
  return new TerminalError({
    code: 'refused_by_odoo',
    message: 'Odoo refused the record: simulated.',
    remedy: 'None.',
  });
}
