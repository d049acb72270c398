/**
 * The interface of one side, as the core sees it. Both sides look alike: records in canonical form,
 * bulk reads, conditional writes. What differs (HTTP, RPC, tags, ranks) stays behind it.
 */
import type { CanonicalChanges, CanonicalRecord, Entity, Side } from '../entities/define-entity.ts';
import { type ErrorDetail, isOutcomeUnknown } from '../errors.ts';

/** One record as a side returned it. */
export interface SideRecord {
  readonly id: string;
  /** The side's own modification stamp, exactly as received (`updated_at`, `write_date`). */
  readonly stamp: string;
  /** The instants the stamp may mean, in milliseconds of the side's own clock (Odoo truncates to seconds). */
  readonly modified: { readonly from: number; readonly to: number };
  /** When it came into being, likewise; left out where the side does not tell. */
  readonly created?: { readonly from: number; readonly to: number };
  readonly values: CanonicalRecord;
  /** Names of the entities that the record belongs to: in Odoo by its contact tags, in the app by its collection. */
  readonly memberOf: readonly string[];
  readonly isCompany: boolean;
  /** Groups that this side alone governs on this record. */
  readonly ownedGroups: readonly string[];
  /** The side's own form of the record, which its `update` compares against. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What became of one operation of a batch; results stand in the order of the operations. */
export type WriteResult =
  | {
      readonly kind: 'ok';
      readonly id: string;
      /** The stamp of the write; null when there was nothing that the side could hold, so nothing was written. */
      readonly stamp: string | null;
      /** What the side held after the write, at least for the fields that were written. */
      readonly values: CanonicalChanges;
      /** Fields still to be written in a later pass. */
      readonly deferred: readonly string[];
      readonly warnings: readonly { readonly field: string; readonly reason: string }[];
    }
  | { readonly kind: 'stale' }
  | { readonly kind: 'missing' }
  /** The record has done its service; the other side's needs a new one. */
  | { readonly kind: 'spent' }
  | { readonly kind: 'refused'; readonly error: ErrorDetail }
  /** The call failed or its outcome is unknown; the error says whether it may have been applied. */
  | { readonly kind: 'failed'; readonly error: Error };

/** The result for a record that needed no write. */
export function nothingDone(id: string): WriteResult & { kind: 'ok' } {
  return { kind: 'ok', id, stamp: null, values: {}, deferred: [], warnings: [] };
}

/**
 * The result of an edit that takes two writes, of which the first is done. Unless nobody knows what became of the second,
 * its field is still to be written: a failure of the whole would have the first forgotten.
 */
export function joinWrites(first: WriteResult & { kind: 'ok' }, second: WriteResult, field: string): WriteResult {
  if (second.kind === 'ok' || (second.kind === 'failed' && isOutcomeUnknown(second.error))) return second;
  return { ...first, deferred: [...first.deferred, field] };
}

export interface CreateOperation {
  /** Names this attempt for ever: an idempotency key in the app, an external id in Odoo. */
  readonly key: string;
  readonly values: CanonicalRecord;
}

export interface UpdateOperation {
  readonly key: string;
  /** The record the decision was made on: the write is refused as stale if it has changed since. */
  readonly record: SideRecord;
  readonly changes: CanonicalChanges;
  /** The other side's record as a whole: steps of business look at more than what changed. */
  readonly whole: CanonicalRecord;
  /** The app's record as both sides last agreed on it. */
  readonly agreed: CanonicalRecord | null;
}

export interface WriteOptions {
  /** True keeps the side's own history and mails quiet (a backfill); false for live edits. */
  readonly quiet: boolean;
}

/** The side's clock minus the bridge's, in milliseconds, and how far off that may be. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

export interface Clock extends ClockOffset {
  /** What it was before the clock was set, and when that showed (bridge milliseconds): as far as this process saw it. */
  readonly formerly?: readonly (ClockOffset & { readonly until: number })[];
}

/** Why a linked record is not returned any more. `unexplained` is neither a deletion nor a reason to create. */
export type Absence =
  | { readonly kind: 'merged'; readonly into: string }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'unexplained' };

/** A record of this side with the key that names its creation, whether we created it or not. */
export interface NamedRecord {
  readonly id: string;
  readonly key: string;
}

export interface ChangedPage {
  readonly records: readonly SideRecord[];
  /** Ids of records that are not as they should be: reading them alone tells what is wrong. */
  readonly unreadable: readonly string[];
  /** Null when this was the last page. */
  readonly next: string | null;
  /** The side's own clock before the page was read, in milliseconds: nothing stamped earlier will come later (but late commits). */
  readonly serverTime: number;
}

export interface Backend {
  readonly side: Side;
  /**
   * Ids that the side does not know (or hides) are left out. Archived records are included.
   * @throws TerminalError when one of the records is malformed: the batch is then to be halved
   */
  read(entity: Entity, ids: readonly string[]): Promise<readonly SideRecord[]>;
  /** Whether records of the entity are made on this side too, and not only for those of the other. */
  makes(entity: Entity): Promise<boolean>;
  /** One page of all records changed at or after `since` (milliseconds of the side's clock), or of all when it is null. */
  readChanged(entity: Entity, since: number | null, cursor: string | null): Promise<ChangedPage>;
  /** All records that may be the same as one of these match keys, whatever entity they belong to. */
  findMatches(entity: Entity, keys: readonly string[]): Promise<readonly SideRecord[]>;
  create(
    entity: Entity,
    operations: readonly CreateOperation[],
    options: WriteOptions,
  ): Promise<readonly WriteResult[]>;
  update(
    entity: Entity,
    operations: readonly UpdateOperation[],
    options: WriteOptions,
  ): Promise<readonly WriteResult[]>;
  /**
   * Steps of business that go along with what flows to the other side; idempotent.
   * @returns one result per operation: `ok` where all that was due is done
   */
  accompany(entity: Entity, operations: readonly UpdateOperation[]): Promise<readonly WriteResult[]>;
  /**
   * Makes existing records members of the entity (adds its contact tag), to be found again under these keys.
   * @returns their stamps afterwards; none for a record that was not touched
   */
  adopt(entity: Entity, records: readonly NamedRecord[]): Promise<ReadonlyMap<string, string>>;
  /** Lets existing records be found again under these keys; touches nothing else of them. A name that is taken stays. */
  nameRecords(entity: Entity, records: readonly NamedRecord[]): Promise<void>;
  /** What became of linked records that `read` left out; one that is left out here too is unexplained. */
  classifyMissing(entity: Entity, records: readonly NamedRecord[]): Promise<ReadonlyMap<string, Absence>>;
  /** Keys of records that the changes refer to by name and that do not exist yet (schools). */
  missingReferences(entity: Entity, changes: readonly CanonicalChanges[]): Promise<readonly string[]>;
  /** Creates them; call it under the lock of each key, for it looks again before it creates. */
  createReferences(keys: readonly string[]): Promise<void>;
  /**
   * For each record to create, the fields that its creation will not bring: the side takes them with a later write, or
   * cannot hold them at all.
   */
  leftOut(entity: Entity, records: readonly CanonicalRecord[]): Promise<readonly (readonly string[])[]>;
  /** Which of these create keys already made a record: key to id. */
  findCreated(entity: Entity, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The create keys that these records carry, also those of records that were merged into them. */
  findKeys(entity: Entity, ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  clock(): Clock;
}
