/**
 * The memory of the bridge as the rest of the code sees it. `createPostgresLinks` is the real one.
 * Each link row is also its own place in the queue: marking makes it dirty, settling makes it clean.
 */
import type { CanonicalChanges, CanonicalRecord, Side } from '../entities/define-entity.ts';
import type { ErrorDetail } from '../errors.ts';
import type { FieldDecision } from './field-decision.ts';

/** Live edits go before what a poll found, a resync asked for, or a sweep repaired. */
export const PRIORITY = { live: 0, poll: 1, resync: 2, sweep: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** A record of one side that may differ from its counterpart. */
export interface RecordKey {
  readonly entity: string;
  readonly id: string;
}

/** Names a record in the answer of `findLinked`. */
export const linkedKey = ({ entity, id }: RecordKey) => `${entity}:${id}`;

/** One received webhook: stored before it is answered, its record marked by whoever looks for work next. */
export interface Delivery {
  readonly source: Side;
  /** The sender's id of the delivery; null where it has none (Odoo), then every one counts. */
  readonly deliveryId: string | null;
  readonly entity: string | null;
  readonly odooModel: string;
  readonly recordId: string;
}

export interface Base {
  readonly app: CanonicalRecord;
  readonly odoo: CanonicalRecord;
  /** The records' own stamps when they agreed. A difference under the same or an older stamp is explained by no edit. */
  readonly stamps: { readonly app: string | null; readonly odoo: string | null };
  /** Names the mapping that both were read with: another one may read the same records differently. */
  readonly mapping: string | null;
}

/** When a side was last modified, on the bridge's clock: the earliest and the latest instant it may have been. */
export interface Instants {
  readonly from: number;
  readonly to: number;
}

/** When people edited a side whose stamp our own write has covered since. */
export interface CoveredEdit extends Instants {
  /** What that side held then in fields that were not as last agreed: what differs besides was edited later. */
  readonly strayed: CanonicalChanges;
}

/** The last writes of the bridge, by field group: what goes back and forth is no agreement. */
export type Flips = Readonly<Record<string, readonly { readonly to: Side; readonly at: number }[]>>;

/** A write that was about to be sent when it was recorded; what became of it may be unknown. */
export interface Intent {
  readonly linkId: string;
  readonly side: Side;
  readonly kind: 'create' | 'update';
  /** Idempotency key or external id. An adoption is a creation without fields: it only gives the external id. */
  readonly key: string;
  readonly fields: CanonicalChanges;
  /** What loses by this write: kept with it, so that a crash or a lost answer does not lose the loser. */
  readonly conflicts: readonly ConflictEntry[];
  /** When people last edited the side that is written, as far as was known: our write covers their stamp. */
  readonly edited: Instants | null;
  /** What that side held then in fields that were no longer, or never, as last agreed: to find it there again is no news. */
  readonly strayed: CanonicalChanges;
  /** Stamp of the version that is to be written; null for a creation. The app refuses the write on any other. */
  readonly onStamp: string | null;
  /**
   * When it was about to be sent, in bridge milliseconds. For an update: right before its record was read for it, which
   * may be much earlier where the process stood still. What was edited since, nobody has seen.
   */
  readonly sentAt: number;
  /** Bridge milliseconds after which the call is surely over on the other side. */
  readonly overAt: number;
}

/** What a person decided about a held record; `ignore` leaves both sides as they are. */
export type HeldDecision =
  | { readonly kind: 'link'; readonly id: string }
  | { readonly kind: 'create' }
  | { readonly kind: 'ignore' };

/** What a guard counts: archiving, and rewrites that no edit explains. */
export type GuardKind = 'archive' | 'rewrite';

/** An intent to be announced, with the guard it has to pass. */
export interface GuardedIntent extends Intent {
  readonly guard?: GuardKind;
}

/** What became of announced writes: only the links in `ours` may be written; `held` have met a guard's limit. */
export interface Announced {
  readonly ours: ReadonlySet<string>;
  readonly held: ReadonlyMap<string, GuardKind>;
}

/** A link under this worker's lease, with all that is remembered about it. */
export interface ClaimedLink {
  readonly id: string;
  readonly entity: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  /** How many Odoo records it has had before this one. */
  readonly renewals: number;
  /** The mark that this pass answers for. */
  readonly seq: string;
  readonly priority: Priority;
  readonly attempts: number;
  /** When it was marked, in bridge milliseconds. */
  readonly dirtyAt: number;
  readonly ownAppStamp: string | null;
  readonly ownOdooStamp: string | null;
  /** Kept while the merge is not finished. */
  readonly edits: { readonly app: CoveredEdit | null; readonly odoo: CoveredEdit | null };
  readonly base: Base | null;
  readonly intents: readonly Intent[];
  readonly flips: Flips;
  /** A loser that a person wants back on both sides. */
  readonly restoring: { readonly conflictId: string; readonly values: CanonicalChanges } | null;
  /** A person let it pass: guards do not count it. */
  readonly released: boolean;
  /** How a held record is to go on; null when nobody decided. */
  readonly decision: HeldDecision | null;
}

export interface Claim {
  readonly entity: string;
  readonly token: string;
  readonly links: readonly ClaimedLink[];
}

export interface Hold {
  readonly kind: 'delete' | 'rewrite' | 'create' | 'match' | 'merged';
  readonly detail: string;
  /** Ids on the other side that it may be the same as. */
  readonly candidates?: readonly string[];
}

export interface ConflictEntry {
  readonly field: string;
  readonly base: unknown;
  readonly app: { readonly value: unknown; readonly at: number };
  readonly odoo: { readonly value: unknown; readonly at: number };
  readonly winner: Side;
  readonly rule: string;
  readonly close: boolean;
}

/** What the queue does with the link now. */
export type Next =
  | { readonly kind: 'done'; readonly outOfScope?: boolean }
  /** Something moved meanwhile, or a second pass is needed: at once again. */
  | { readonly kind: 'again' }
  /** Later again; the attempt counts. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly error: ErrorDetail }
  /** Later again; nobody's fault, the attempt does not count. */
  | {
      readonly kind: 'wait';
      readonly afterMs: number;
      readonly error: ErrorDetail;
      /** A record that needs its counterpart first: once it has one, this link is marked. */
      readonly waitsFor?: RecordKey;
    }
  | { readonly kind: 'park'; readonly error: ErrorDetail }
  | { readonly kind: 'hold'; readonly hold: Hold }
  /** Its Odoo record is spent: the link lets go of it, and gets another at once. */
  | { readonly kind: 'renew' }
  /** It ties nothing together: the row goes. */
  | { readonly kind: 'forget' };

export interface Settlement {
  readonly link: ClaimedLink;
  readonly next: Next;
  /** The new base; left out when it stays as it is. */
  readonly base?: Base;
  /** The stamps of our own writes; null or left out when a side was not written. */
  readonly ownAppStamp?: string | null;
  readonly ownOdooStamp?: string | null;
  /** Left out: as they were. Forgotten in any case once all is agreed. */
  readonly edits?: ClaimedLink['edits'];
  readonly flips?: Flips;
  readonly conflicts?: readonly ConflictEntry[];
  readonly warnings?: readonly { readonly field: string; readonly reason: string }[];
  /** The decision in one word, for the log and the run; null writes no log row. */
  readonly outcome: string;
  readonly logged: boolean;
  readonly direction?: string;
  readonly fields?: readonly string[];
  /** Why they went there: for people alone. */
  readonly decided?: readonly FieldDecision[];
  /** Keys of the intents whose outcome is still unknown; all others of the link end with the settlement. */
  readonly openIntents?: readonly string[];
  /** The Odoo record was written: other links on it must look at it. */
  readonly wroteOdoo?: boolean;
}

export interface SettleInfo {
  readonly reconcileId: string;
  /** Both clocks as measured, kept with each conflict. */
  readonly clocks: unknown;
}

/** A record as a listing shows it. */
export interface ListedRow {
  readonly id: string;
  /** Of its mapped fields, see digest.ts. */
  readonly digest: string;
  /** False for one that does not belong to the entity: it matters only if it is linked. */
  readonly member: boolean;
}

/** What a listing has to do with the links. */
export interface Listed {
  readonly changed: readonly string[];
  /** Members of the entity that have no link at all. */
  readonly unlinked: readonly string[];
}

/** Two records that a link ties together and that are meant to be equal, as they were when both sides last agreed. */
export interface Pair {
  readonly linkId: string;
  readonly appId: string;
  readonly odooId: number;
  /** Null where both sides never agreed. */
  readonly agreed: { readonly app: string; readonly odoo: string; readonly at: number } | null;
  /** Since when there is something to do about them, in bridge milliseconds; null when there is nothing. */
  readonly dirtyAt: number | null;
}

/** Who is linked to a record of one side. */
export interface Occupant {
  readonly linkId: string;
  readonly entity: string;
  readonly id: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  /** Whether the app's record was not archived when both sides last agreed. */
  readonly appActive: boolean;
  /** Whether the Odoo record still had the entity's tag then. */
  readonly inScope: boolean;
  /** Whether a counterpart is being made for it, and nobody knows yet what became of that. */
  readonly creating: boolean;
}

/** `linked`: the record is another link's of the entity. `busy`: it is not known yet whose it will be. */
export type Repointed = 'moved' | 'linked' | 'busy';

export interface Links {
  /** Stores deliveries. @returns for each, whether it was new. Throws unless all is durable. */
  receive(deliveries: readonly Delivery[]): Promise<readonly boolean[]>;
  /**
   * Marks the records of deliveries: of each once when it came, and again later where Odoo tells before its commit
   * (17 and 18). @returns how many deliveries
   */
  markDelivered(): Promise<number>;
  markApp(keys: readonly RecordKey[], odooModel: string, priority: Priority): Promise<void>;
  /** Marks the links on these Odoo records; where there is none yet, one of each given entity is made. */
  markOdoo(model: string, ids: readonly number[], entities: readonly string[], priority: Priority): Promise<void>;
  /** Of these records as a listing shows them, those that differ from what was agreed, and those that have no link. */
  filterChanged(side: Side, entity: string, odooModel: string, rows: readonly ListedRow[]): Promise<Listed>;
  /** Links without a counterpart that wait for a person: too many at once to be believed. */
  holdNew(side: Side, entity: string, odooModel: string, ids: readonly string[], hold: Hold): Promise<void>;
  /** All pairs of the entity that are in scope, in the order of their links, so many at a time. @param after a link's id */
  listPairs(entity: string, odooModel: string, after: string | null, limit: number): Promise<readonly Pair[]>;
  /** Of these app records, those that have a counterpart: its Odoo id, by `linkedKey`. */
  findLinked(keys: readonly RecordKey[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Ids of a side's records that have no counterpart and wait for a person: parked, or held, but for those that were
   * too many at once.
   */
  listHalves(side: Side, entity: string, odooModel: string): Promise<readonly string[]>;
  /** How many links of the entity tie two records together. */
  countLinked(entity: string): Promise<number>;

  /** Entities that have work now, in the order of their oldest links. */
  findDirty(): Promise<readonly string[]>;
  claim(entity: string, odooModel: string, limit: number): Promise<Claim | null>;
  /** @returns the links of the claim that are still this worker's; of the others somebody else takes care */
  renewLease(claim: Claim): Promise<ReadonlySet<string>>;
  /** Gives claimed links back untouched, to be tried after so many milliseconds, and then after what is live. */
  release(claim: Claim, afterMs: number): Promise<void>;
  /** Announces writes; what a guard counts is reserved in the same transaction. */
  recordIntents(claim: Claim, intents: readonly GuardedIntent[]): Promise<Announced>;
  /** Writes the counterpart's id at once. A half link that waited on that record is folded into this one. */
  attach(claim: Claim, linkId: string, counterpart: { side: Side; id: string; odooModel: string }): Promise<boolean>;
  /** Odoo merged the record into another. */
  repoint(claim: Claim, linkId: string, odooModel: string, odooId: number): Promise<Repointed>;
  /** In the order of their links. */
  findOccupants(side: Side, entity: string, odooModel: string, ids: readonly string[]): Promise<readonly Occupant[]>;
  /** Of these links, those whose record on `side` may be one that a worker is creating right now. */
  findMaybeOurs(side: Side, linkIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Runs `work` while holding one lock per key, across all processes. */
  withMatchLocks<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Finishes claimed links in one transaction. @returns how many were refused because their lease was lost. */
  settle(claim: Claim, settlements: readonly Settlement[], info: SettleInfo): Promise<number>;
}
