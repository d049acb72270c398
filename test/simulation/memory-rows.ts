/**
 * The tables of the in-memory store. A row is never changed, only replaced: what was handed out stays as it was.
 * Times are bridge milliseconds; ids count up, and so say which of two rows came first.
 */
import type { Side } from '../../src/entities/define-entity.ts';
import type { ErrorDetail } from '../../src/errors.ts';
import type {
  Base,
  ClaimedLink,
  ConflictEntry,
  Flips,
  GuardKind,
  HeldDecision,
  Hold,
  Intent,
  Priority,
  RecordKey,
} from '../../src/links/links.ts';

export interface LinkRow {
  readonly id: string;
  readonly entity: string;
  readonly appId: string | null;
  readonly odooModel: string;
  readonly odooId: number | null;
  readonly state: 'active' | 'parked' | 'held' | 'out_of_scope';
  readonly stateSince: number;
  readonly priority: Priority;
  readonly dirtySeq: number;
  readonly doneSeq: number;
  readonly dirtyAt: number | null;
  /** Which of two became dirty first, also in the same millisecond. */
  readonly dirtyOrder: number;
  readonly leaseToken: string | null;
  readonly leaseUntil: number | null;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly ownAppStamp: string | null;
  readonly ownOdooStamp: string | null;
  readonly edits: ClaimedLink['edits'];
  readonly flips: Flips;
  readonly restoring: ClaimedLink['restoring'];
  readonly released: boolean;
  readonly decision: HeldDecision | null;
  readonly error: ErrorDetail | null;
  readonly hold: Hold | null;
  readonly warnings: readonly { readonly field: string; readonly reason: string }[] | null;
  readonly waitsFor: RecordKey | null;
  readonly renewals: number;
  /** Which of two that were made in the same millisecond was first, intents included. */
  readonly made: number;
}

export interface IntentRow extends Intent {
  readonly made: number;
  /** When it was announced first: a second try at a creation is as old as the first. */
  readonly since: number;
}

export interface DeliveryRow {
  readonly id: string;
  readonly source: Side;
  readonly deliveryId: string | null;
  readonly entity: string | null;
  readonly odooModel: string;
  readonly recordId: string;
  readonly receivedAt: number;
  readonly looks: number;
  readonly lookAt: number | null;
}

export interface ConflictRow extends ConflictEntry {
  readonly id: string;
  readonly linkId: string;
  readonly entity: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  readonly clocks: unknown;
  readonly restoredAt: number | null;
}

export interface LogRow {
  readonly reconcileId: string;
  readonly entity: string;
  readonly linkId: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  readonly outcome: string;
  readonly direction: string | null;
  readonly fields: readonly string[] | null;
  readonly errorCode: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
}

export interface GuardUseRow {
  readonly linkId: string;
  readonly kind: GuardKind;
  readonly entity: string;
  readonly usedAt: number;
}

export interface Tables {
  readonly links: ReadonlyMap<string, LinkRow>;
  readonly bases: Map<string, Base>;
  readonly agreedAt: Map<string, number>;
  readonly intents: Map<string, readonly IntentRow[]>;
  /** All that were ever received, so that none is taken twice. */
  readonly deliveries: Map<string, DeliveryRow>;
  /** The keys of those that are still to be looked at. */
  readonly waiting: Set<string>;
  readonly conflicts: Map<string, ConflictRow>;
  readonly logs: LogRow[];
  /** By link and kind. */
  readonly guardUses: Map<string, GuardUseRow>;
  /** Counts up with every call. */
  nextNumber(): number;
  findApp(entity: string, appId: string): LinkRow | undefined;
  /** All links on a record, in the order of their ids. */
  findOdoo(model: string, odooId: number): readonly LinkRow[];
  insertLink(row: Pick<LinkRow, 'entity' | 'odooModel'> & Partial<LinkRow>, at: number): LinkRow;
  updateLink(id: string, changes: Partial<LinkRow>): LinkRow;
  /** With all that hangs on it. */
  deleteLink(id: string): void;
}

const FRESH: Omit<LinkRow, 'id' | 'entity' | 'odooModel' | 'stateSince' | 'made'> = {
  appId: null,
  odooId: null,
  state: 'active',
  priority: 0,
  dirtySeq: 0,
  doneSeq: 0,
  dirtyAt: null,
  dirtyOrder: 0,
  leaseToken: null,
  leaseUntil: null,
  attempts: 0,
  nextAttemptAt: null,
  ownAppStamp: null,
  ownOdooStamp: null,
  edits: { app: null, odoo: null },
  flips: {},
  restoring: null,
  released: false,
  decision: null,
  error: null,
  hold: null,
  warnings: null,
  waitsFor: null,
  renewals: 0,
};

const appKey = (entity: string, appId: string) => `${entity}\n${appId}`;
const odooKey = (model: string, odooId: number) => `${model}\n${odooId}`;
const byId = (left: LinkRow, right: LinkRow) => left.made - right.made;

export function createTables(): Tables {
  const links = new Map<string, LinkRow>();
  const onApp = new Map<string, string>();
  const onOdoo = new Map<string, Set<string>>();
  const bases = new Map<string, Base>();
  const intents = new Map<string, readonly IntentRow[]>();
  const conflicts = new Map<string, ConflictRow>();
  const guardUses = new Map<string, GuardUseRow>();
  let number = 0;
  let linkNumber = 0;

  function nextNumber(): number {
    number += 1;
    return number;
  }

  function get(id: string): LinkRow {
    const row = links.get(id);
    if (!row) throw new RangeError(`there is no link ${id}`);
    return row;
  }

  function enter(row: LinkRow): void {
    if (row.appId !== null) {
      const key = appKey(row.entity, row.appId);
      if (onApp.has(key)) throw new RangeError(`${row.entity} ${row.appId} of the app has two links`);
      onApp.set(key, row.id);
    }
    if (row.odooId !== null) {
      const key = odooKey(row.odooModel, row.odooId);
      const present = onOdoo.get(key) ?? new Set();
      for (const id of present)
        if (get(id).entity === row.entity) throw new RangeError(`${row.entity} ${row.odooId} of Odoo has two links`);
      onOdoo.set(key, present.add(row.id));
    }
  }

  function leave(row: LinkRow): void {
    if (row.appId !== null) onApp.delete(appKey(row.entity, row.appId));
    if (row.odooId !== null) onOdoo.get(odooKey(row.odooModel, row.odooId))?.delete(row.id);
  }

  return {
    links,
    bases,
    agreedAt: new Map(),
    intents,
    deliveries: new Map(),
    waiting: new Set(),
    conflicts,
    logs: [],
    guardUses,
    nextNumber,
    findApp(entity, appId) {
      const id = onApp.get(appKey(entity, appId));
      return id === undefined ? undefined : links.get(id);
    },
    findOdoo(model, odooId) {
      const ids = onOdoo.get(odooKey(model, odooId));
      return ids === undefined ? [] : ids.size === 1 ? Array.from(ids, get) : Array.from(ids, get).sort(byId);
    },
    insertLink(values, at) {
      // As PostgreSQL counts them: keys that hold the id of a link are the same there.
      linkNumber += 1;
      const row = { ...FRESH, stateSince: at, ...values, id: String(linkNumber), made: nextNumber() };
      enter(row);
      links.set(row.id, row);
      return row;
    },
    updateLink(id, changes) {
      const before = get(id);
      const row = { ...before, ...changes };
      if (row.appId !== before.appId || row.odooId !== before.odooId) {
        leave(before);
        enter(row);
      }
      links.set(id, row);
      return row;
    },
    deleteLink(id) {
      leave(get(id));
      links.delete(id);
      bases.delete(id);
      intents.delete(id);
      for (const conflict of conflicts.values()) if (conflict.linkId === id) conflicts.delete(conflict.id);
      for (const [key, use] of guardUses) if (use.linkId === id) guardUses.delete(key);
    },
  };
}
