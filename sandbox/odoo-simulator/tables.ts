/** Rows in memory with transactions: rows are never changed in place, so a before-image is the row itself. */

export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

export class Table {
  readonly model: string;
  readonly rows = new Map<number, Row>();
  readonly #byParent = new Map<unknown, Set<number>>();
  #lastId = 0;

  constructor(model: string) {
    this.model = model;
  }

  /** Like a PostgreSQL sequence: a rolled-back transaction leaves a gap. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  skipTo(id: number): void {
    this.#lastId = Math.max(this.#lastId, id);
  }

  get(id: number): Row | undefined {
    return this.rows.get(id);
  }

  /** Puts the row in the place of the one with that id; without a row, removes it. */
  restore(id: number, row: Row | undefined): void {
    const before = this.rows.get(id);
    if (before?.parent_id) this.#byParent.get(before.parent_id)?.delete(id);
    if (row) this.rows.set(id, row);
    else this.rows.delete(id);
    if (!row?.parent_id) return;
    const siblings = this.#byParent.get(row.parent_id) ?? new Set();
    this.#byParent.set(row.parent_id, siblings.add(id));
  }

  /** Rows whose parent_id is that one, by id. */
  childrenOf(parentId: number): readonly Row[] {
    const ids = [...(this.#byParent.get(parentId) ?? [])].sort((left, right) => left - right);
    return ids.map((id) => this.rows.get(id) as Row);
  }
}

interface Change {
  readonly table: Table;
  readonly id: number;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

export class Tables {
  readonly #tables = new Map<string, Table>();

  of(model: string): Table {
    const known = this.#tables.get(model);
    if (known) return known;
    const table = new Table(model);
    this.#tables.set(model, table);
    return table;
  }
}

/** One transaction. `stamp` is its start in microseconds: every write_date in it, as PostgreSQL's now(). */
export class Transaction {
  readonly stamp: number;
  readonly afterCommit: (() => Promise<void>)[] = [];
  readonly #changes: Change[] = [];

  constructor(stamp: number) {
    this.stamp = stamp;
  }

  put(table: Table, row: Row): void {
    this.#change(table, row.id, row);
  }

  remove(table: Table, id: number): void {
    this.#change(table, id, undefined);
  }

  savepoint(): number {
    return this.#changes.length;
  }

  /** What waits for the commit stays, as in Odoo: a webhook may tell of a record that was rolled back. */
  rollback(savepoint = 0): void {
    for (const change of this.#changes.splice(savepoint).reverse()) change.table.restore(change.id, change.before);
  }

  /** Takes the changes out of sight, as they are until COMMIT for everybody else. */
  detach(): void {
    for (const change of [...this.#changes].reverse()) change.table.restore(change.id, change.before);
  }

  /** Brings detached changes back, or says that another transaction has changed one of the rows meanwhile. */
  attach(): boolean {
    const seen = new Set<string>();
    for (const { table, id, before } of this.#changes) {
      const key = `${table.model},${id}`;
      if (!seen.has(key) && table.get(id) !== before) return false;
      seen.add(key);
    }
    for (const change of this.#changes) change.table.restore(change.id, change.after);
    return true;
  }

  #change(table: Table, id: number, after: Row | undefined): void {
    this.#changes.push({ table, id, before: table.get(id), after });
    table.restore(id, after);
  }
}
