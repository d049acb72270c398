/** What the contract is held against: a store of links with its clock in our hands and its rows in sight. */
import type { Test } from 'tap';
import type { Cursors } from '../../../src/links/cursors.ts';
import type { Decisions } from '../../../src/links/decisions.ts';
import type { Base, Intent, Links } from '../../../src/links/links.ts';
import type { ConflictRow, DeliveryRow, GuardUseRow, LinkRow, LogRow } from '../../simulation/memory-rows.ts';

/** One bridge process's way to the store. */
export interface Connection {
  readonly links: Links;
  readonly cursors: Cursors;
  readonly decisions: Decisions;
}

export type StoredLink = Omit<LinkRow, 'dirtyOrder' | 'made'>;

/** All that is stored, each in the order in which it was made. */
export interface Rows {
  readonly links: readonly StoredLink[];
  readonly bases: ReadonlyMap<string, Base>;
  readonly intents: readonly Intent[];
  readonly deliveries: readonly Omit<DeliveryRow, 'id' | 'receivedAt'>[];
  readonly conflicts: readonly ConflictRow[];
  readonly logs: readonly LogRow[];
  readonly guardUses: readonly Omit<GuardUseRow, 'usedAt'>[];
}

export interface Subject extends Connection {
  /** Another process on the same store. `crash` ends it as a power cut does. */
  connect(): Promise<Connection & { crash(): Promise<void> }>;
  /** The store's clock, in milliseconds. */
  now(): number;
  /** Lets time pass: for the real one, all stored times move back instead. */
  advance(ms: number): Promise<void>;
  read(): Promise<Rows>;
}

export interface SubjectSettings {
  readonly guardPercent?: number;
  readonly looksAgain?: boolean;
}

/** Makes an empty store. */
export type Make = (t: Test, settings?: SubjectSettings) => Promise<Subject>;

export const ENTITIES = ['teacher', 'tenant', 'guest'] as const;
