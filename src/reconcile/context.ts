/** What the core needs; built by the composition root, or by a test. */
import { randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import type { Links } from '../links/links.ts';
import type { MergePolicy } from './merge-fields.ts';

export interface Log {
  debug(values: object, message: string): void;
  info(values: object, message: string): void;
  warn(values: object, message: string): void;
  error(values: object, message: string): void;
}

/** What writing to people needs to know; left out where nobody is written to. */
export interface Mailing {
  /** Since when records of the entity are new, in milliseconds of the app's clock; null before the app was listed. */
  newSince(entity: string): Promise<number | null>;
  /** How long after this instant the quiet hours last, in milliseconds; 0 outside of them. */
  quietMs(at: number): number;
  /** Marks the mailing lists on which these people (`entity:id`) are. */
  markListsOf(people: readonly string[]): Promise<void>;
}

export interface ReconcileContext {
  readonly links: Links;
  readonly app: Backend;
  readonly odoo: Backend;
  readonly log: Log;
  /** Milliseconds; a test may run it faster. */
  readonly now: () => number;
  /** 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly policy: MergePolicy;
  /** Names this bridge in external ids and idempotency keys. */
  readonly instance: string;
  readonly mailing?: Mailing;
  /** A call that was given up here may still land on the other side for so long. */
  readonly callMaxMs: number;
}

/** One reconcile of one claim: its id is on each line that it logs, and on the rows that it leaves in sync_logs. */
export interface PassContext extends ReconcileContext {
  readonly reconcileId: string;
}

export function beginPass(context: ReconcileContext): PassContext {
  const reconcileId = randomUUID();
  const { log } = context;
  return {
    ...context,
    reconcileId,
    log: {
      debug: (values, message) => log.debug({ reconcileId, ...values }, message),
      info: (values, message) => log.info({ reconcileId, ...values }, message),
      warn: (values, message) => log.warn({ reconcileId, ...values }, message),
      error: (values, message) => log.error({ reconcileId, ...values }, message),
    },
  };
}
