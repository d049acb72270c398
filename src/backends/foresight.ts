/** What a side would make of a write, found out without writing: what plans are made of. */
import type { CanonicalRecord, Entity, Side } from '../entities/define-entity.ts';
import { findUnstorable } from '../entities/storable-text.ts';
import {
  type CreateOperation,
  nothingDone,
  type SideRecord,
  type UpdateOperation,
  type WriteResult,
} from './backend.ts';

export interface Foreseen {
  /** As `create` or `update` would answer; id, stamp and values of an `ok` are put in by who keeps the plan. */
  readonly result: WriteResult;
  /** Whether anything would be written at all. */
  readonly writes: boolean;
  /** The side's own form of what the record would hold then, as far as it is known beforehand. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** The same in canonical form, for what the form of its own does not tell. */
  readonly held: CanonicalRecord;
  /** Steps of business that would go along, by their names. */
  readonly steps: readonly string[];
  /** Whether the record would be gone. */
  readonly removed: boolean;
}

/** A record with what is planned for it. */
export interface Planned {
  readonly id: string;
  /** As it was read; null for one that is only to be made. */
  readonly record: SideRecord | null;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly stamp: string;
}

/** None of it changes anything on the side. Results stand in the order of what was asked. */
export interface Foresight {
  creates(entity: Entity, operations: readonly CreateOperation[]): Promise<readonly Foreseen[]>;
  updates(entity: Entity, operations: readonly UpdateOperation[]): Promise<readonly Foreseen[]>;
  accompanies(entity: Entity, operations: readonly UpdateOperation[]): Promise<readonly Foreseen[]>;
  /** How the side would show such records. */
  look(entity: Entity, records: readonly Planned[]): Promise<readonly SideRecord[]>;
  /** From now on these references (schools) count as made. */
  pretendReferences(names: readonly string[]): void;
  /** A stamp of that instant of the side's clock, and the instants that it may mean. */
  stampOf(milliseconds: number): Pick<SideRecord, 'stamp' | 'modified'>;
}

export function foreseen(result: WriteResult, rest: Partial<Omit<Foreseen, 'result'>> = {}): Foreseen {
  return { result, writes: false, raw: {}, held: {}, steps: [], removed: false, ...rest };
}

/** Fields that the other side alone governs, and that come back once Odoo has made the record. */
export function comesLater({ groups }: Entity, side: Side): readonly string[] {
  return side === 'app' ? [] : groups.flatMap(({ owner, fields }) => (owner === 'odoo' ? fields : []));
}

/**
 * A side that takes what it is sent as it is. What the app would refuse, and what it would spell in another way, only the
 * app knows.
 */
export const TAKES_ALL: Foresight = {
  creates: async (_entity, operations) => operations.map(({ values }) => take('', values)),
  updates: async (_entity, operations) => operations.map(({ record, changes }) => take(record.id, changes)),
  accompanies: async (_entity, operations) => operations.map(({ record }) => foreseen(nothingDone(record.id))),
  look: async (_entity, records) => records.map(({ id, record, stamp }) => record ?? blank(id, stamp)),
  pretendReferences: () => {},
  stampOf: (milliseconds) => ({
    stamp: new Date(milliseconds).toISOString(),
    modified: { from: milliseconds, to: milliseconds + 1 },
  }),
};

function take(id: string, values: CanonicalRecord): Foreseen {
  const error = findUnstorable(values);
  return error ? foreseen({ kind: 'refused', error }) : foreseen(nothingDone(id), { writes: true, held: values });
}

function blank(id: string, stamp: string): SideRecord {
  const modified = { from: 0, to: 0 };
  return { id, stamp, modified, values: {}, memberOf: [], isCompany: false, ownedGroups: [], raw: {} };
}
