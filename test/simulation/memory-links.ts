/**
 * A second implementation of the links, for the simulation: in memory, with its clock and its chance given from
 * outside. Held equal to the one on PostgreSQL by the contract in test/links/contract/.
 */
import type { Cursors } from '../../src/links/cursors.ts';
import type { Decisions } from '../../src/links/decisions.ts';
import type { Links } from '../../src/links/links.ts';
import type { LinksSettings } from '../../src/links/postgres-links.ts';
import type { LinkView } from './link-view.ts';
import type { Memory } from './memory.ts';
import { claim, countLinked, findDirty, recordIntents, release, renewLease } from './memory-claim.ts';
import { type Afterwards, type Connection, createConnection } from './memory-connection.ts';
import {
  attach,
  filterChanged,
  findLinked,
  findMaybeOurs,
  findOccupants,
  holdNew,
  listHalves,
  listPairs,
  repoint,
} from './memory-counterparts.ts';
import { type CursorRow, createMemoryCursors } from './memory-cursors.ts';
import { createMemoryDecisions } from './memory-decisions.ts';
import { markDelivered, receive } from './memory-deliveries.ts';
import { createMemoryLocks } from './memory-locks.ts';
import { markApp, markOdoo } from './memory-mark.ts';
import { createTables, type LinkRow, type Tables } from './memory-rows.ts';
import { type SettleEntry, settle } from './memory-settle.ts';
import { isolate, share } from './memory-values.ts';

export interface MemoryStoreOptions {
  readonly settings: LinksSettings;
  /** Bridge milliseconds. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly onSettle?: (entry: SettleEntry) => void;
  /** False stores and hands out values themselves, not copies of them; true, unless it is said. */
  readonly isolates?: boolean;
}

/** One bridge process's way to the store. */
export interface MemoryConnection {
  readonly links: Links;
  readonly cursors: Cursors;
  readonly decisions: Decisions;
  /** Frees the locks that are held through it, as PostgreSQL does; leases run out by themselves. */
  disconnect(afterwards?: Afterwards): void;
}

export interface MemoryStore {
  connect(): MemoryConnection;
  /** For checks, to be looked at only. */
  readonly tables: Tables;
  viewLinks(): readonly LinkView[];
}

/** Each call of a method is one transaction: what it does is done at once and seen by all. */
export function createMemoryStore({
  settings,
  now,
  random,
  onSettle = () => {},
  isolates = true,
}: MemoryStoreOptions): MemoryStore {
  const tables = createTables();
  const locks = createMemoryLocks();
  const cursorRows = new Map<string, CursorRow>();
  let tokens = 0;
  const nextToken = () => {
    tokens += 1;
    return `lease-${tokens}`;
  };
  const keep = isolates ? isolate : share;
  const memory: Memory = { tables, settings, now, random, onSettle, nextToken, keep };

  return {
    tables,
    viewLinks: () => Array.from(tables.links.values(), toView),
    connect() {
      const connection = createConnection(locks);
      return {
        links: createLinks(memory, connection),
        cursors: createMemoryCursors(cursorRows, now, connection),
        decisions: createMemoryDecisions(memory, connection.transact),
        disconnect: connection.disconnect,
      };
    },
  };
}

function toView({ id, entity, appId, odooId, state, dirtySeq, doneSeq, error, hold }: LinkRow): LinkView {
  return { id, entity, appId, odooId, state, dirty: dirtySeq > doneSeq, reason: error?.code ?? hold?.kind ?? null };
}

function createLinks(memory: Memory, { transact, withLocks }: Connection): Links {
  const { tables } = memory;
  return {
    receive: (deliveries) => transact(() => receive(memory, deliveries)),
    markApp: (keys, odooModel, priority) => transact(() => markApp(memory, keys, odooModel, priority)),
    markOdoo: (model, ids, entities, priority) => transact(() => markOdoo(memory, model, ids, entities, priority)),
    filterChanged: (...args) => transact(() => filterChanged(memory, ...args)),
    holdNew: (...args) => transact(() => holdNew(memory, ...args)),
    listPairs: (...args) => transact(() => listPairs(memory, ...args)),
    findLinked: (keys) => transact(() => findLinked(memory, keys)),
    listHalves: (...args) => transact(() => listHalves(memory, ...args)),
    countLinked: (entity) => transact(() => countLinked(tables.links.values(), entity)),
    markDelivered: () => transact(() => markDelivered(memory)),
    findDirty: () => transact(() => findDirty(memory)),
    // All claims take turns here, whatever the model.
    claim: (entity, _odooModel, limit) => transact(() => claim(memory, entity, limit)),
    renewLease: (claimed) => transact(() => renewLease(memory, claimed)),
    release: (claimed, afterMs) => transact(() => release(memory, claimed, afterMs)),
    recordIntents: (claimed, intents) => transact(() => recordIntents(memory, claimed, intents)),
    attach: (...args) => transact(() => attach(memory, ...args)),
    repoint: (...args) => transact(() => repoint(memory, ...args)),
    findOccupants: (...args) => transact(() => findOccupants(memory, ...args)),
    findMaybeOurs: (side, linkIds) => transact(() => findMaybeOurs(memory, side, linkIds)),
    withMatchLocks: (keys, work) => withLocks(keys, work),
    settle: (claimed, settlements, info) => transact(() => settle(memory, claimed, settlements, info)),
  };
}
