/** A schedule is plain data: what happens, and when. So it can be printed, replayed and shrunk. */
import type { Side } from '../../src/entities/define-entity.ts';
import type { CallFault } from './call-faults.ts';
import type { PartnerValues } from './partner-row.ts';

/** People are numbers: the same number on both sides is the same person, with the same name and e-mail. */
export type Operation =
  | { readonly kind: 'app_create'; readonly entity: string; readonly person: number; readonly fields: AppFields }
  /** Records are picked by number among those that are there then. */
  | { readonly kind: 'app_edit'; readonly entity: string; readonly pick: number; readonly fields: AppFields }
  | { readonly kind: 'app_archive' | 'app_restore' | 'app_touch'; readonly entity: string; readonly pick: number }
  | { readonly kind: 'app_hide'; readonly entity: string; readonly pick: number; readonly forMs: number }
  | {
      readonly kind: 'odoo_create';
      readonly tags: readonly string[];
      readonly person: number;
      readonly values: PartnerValues;
      readonly school: string | null;
    }
  | {
      readonly kind: 'odoo_edit';
      readonly pick: Pick;
      readonly values: PartnerValues;
      /** Undefined leaves the company as it is. */
      readonly school?: string | null;
      /** How long the transaction is open before it commits. */
      readonly takesMs: number;
    }
  | { readonly kind: 'odoo_archive' | 'odoo_restore' | 'odoo_unlink' | 'odoo_touch'; readonly pick: Pick }
  | { readonly kind: 'odoo_merge'; readonly pick: Pick; readonly into: Pick }
  | { readonly kind: 'odoo_tag'; readonly pick: Pick; readonly entity: string; readonly add: boolean }
  | { readonly kind: 'company_address'; readonly pick: number; readonly values: PartnerValues }
  | { readonly kind: 'odoo_right'; readonly pick: Pick; readonly right: 'hidden' | 'readonly'; readonly forMs: number }
  | { readonly kind: 'clock'; readonly side: Side; readonly jumpMs: number }
  /** Done at the very arrival of the bridge's next write: after its reading, before its writing. */
  | { readonly kind: 'intrude'; readonly side: Side; readonly operation: Operation };

export type AppFields = Readonly<Record<string, string | null>>;

/** The n-th partner, or the one that has the e-mail of the n-th app record of an entity. */
export type Pick = { readonly partner: number } | { readonly like: string; readonly pick: number };

export type Fault =
  | {
      readonly kind: 'call';
      readonly side: Side;
      readonly fault: CallFault;
      readonly count: number;
      readonly writesOnly: boolean;
    }
  | {
      readonly kind: 'webhooks';
      readonly side: Side;
      readonly mode: 'lose' | 'double' | 'delay';
      readonly forMs: number;
    }
  | { readonly kind: 'crash'; readonly process: number; readonly resumes: number; readonly downMs: number }
  | { readonly kind: 'stall'; readonly process: number; readonly resumes: number; readonly ms: number }
  | { readonly kind: 'outage'; readonly side: Side; readonly forMs: number }
  | { readonly kind: 'database'; readonly mode: 'before' | 'after'; readonly count: number };

export interface Happening {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly what: Operation | Fault;
}

export interface Schedule {
  readonly seed: number;
  /** Another one gives other delays to the same events: what was shrunk may need it to fail still. */
  readonly salt: number;
  readonly entities: readonly string[];
  readonly processes: number;
  readonly workers: number;
  readonly batchSize: number;
  readonly pageSize: number;
  /** How far polls look back: longer than the longest transaction of a schedule. */
  readonly overlapMs: number;
  readonly tie: Side;
  readonly scope: 'field' | 'record';
  /** Odoo 17 and 18 post their webhooks before the commit. */
  readonly early: boolean;
  readonly offsets: Readonly<Record<Side, number>>;
  /** False: polls find what is there at the start, and from then on all depends on the webhooks (I3). */
  readonly polls: boolean;
  /** Both sides are compared whole from time to time: that finds what was deleted while nobody told. */
  readonly sweeps: boolean;
  /** What is there before the bridge starts for the first time. */
  readonly born: readonly Operation[];
  readonly happenings: readonly Happening[];
}

const FAULTS: ReadonlySet<string> = new Set(['call', 'outage', 'webhooks', 'crash', 'stall', 'database']);

export function isFault(what: Operation | Fault): what is Fault {
  return FAULTS.has(what.kind);
}
