/** What the core needs; built by the composition root, or by a test. */
import type { Backend } from '../backends/backend.ts';
import type { Links } from '../links/links.ts';
import type { MergePolicy } from './merge-fields.ts';

export interface Log {
  debug(values: object, message: string): void;
  info(values: object, message: string): void;
  warn(values: object, message: string): void;
  error(values: object, message: string): void;
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
  /** A call that was given up here may still land on the other side for so long. */
  readonly callMaxMs: number;
}
