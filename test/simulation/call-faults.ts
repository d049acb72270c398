/** What can go wrong with one call to a side, and the errors that the real clients raise for it. */
import type { Side } from '../../src/entities/define-entity.ts';
import { RetryableError, SetupError } from '../../src/errors.ts';

export const CALL_FAULTS = [
  /** The request never leaves. */
  'unreachable',
  /** The connection breaks before the server has committed anything. */
  'dropped',
  /** The server commits, its answer is lost. */
  'lost_answer',
  /** We give up; the server does it later all the same. */
  'late',
  /** The server's transaction begins at once and commits seconds later. */
  'slow',
  'rate_limited',
  'busy',
  /** The answer comes cut off in the middle. */
  'unreadable',
  /** A login page instead of an answer. */
  'html',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** What the bridge gives up after, and how long a call may still land after it was sent. */
export const TIMEOUT_MS: Readonly<Record<Side, number>> = { app: 30_000, odoo: 60_000 };
export const LATEST_LANDING_MS = 140_000;

/** Whether the server does what it was asked for, although the bridge is told otherwise. */
export function isExecuted(fault: CallFault): boolean {
  return fault === 'lost_answer' || fault === 'late' || fault === 'slow' || fault === 'unreadable';
}

export function toError(side: Side, fault: Exclude<CallFault, 'slow'>): Error {
  const detail = { code: `${side}_${fault}`, message: `Simulated: ${fault}.`, remedy: 'None.' };
  switch (fault) {
    case 'unreachable':
    case 'busy':
      return new RetryableError(detail, 'not-applied');
    case 'rate_limited':
      return new RetryableError(detail, 'not-applied', 3_000);
    case 'dropped':
    case 'lost_answer':
    case 'late':
      return new RetryableError(detail, 'unknown');
    case 'unreadable':
      // The app's client takes what is no JSON for a wrong address.
      return side === 'app' ? new SetupError(detail, 'unknown') : new RetryableError(detail, 'unknown');
    case 'html':
      return new SetupError(detail);
  }
}
