/**
 * Coded errors. The class says what to do with the failure, the code groups equal failures,
 * the remedy tells a person how to mend it. None of them ever carries a request, a record or a secret.
 */

export interface ErrorDetail {
  /** Stable, lower-case, underscores: what `GET /api/parked?group=error_code` groups by. */
  readonly code: string;
  /** One sentence in plain words: what happened. */
  readonly message: string;
  /** One sentence in plain words: what to do about it. */
  readonly remedy: string;
}

export abstract class BridgeError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(detail: ErrorDetail) {
    super(detail.message);
    this.code = detail.code;
    this.remedy = detail.remedy;
  }
}

/** Try again with backoff. `outcome` says whether the other side may have done the work already. */
export class RetryableError extends BridgeError {
  override readonly name = 'RetryableError';
  readonly outcome: 'not-applied' | 'unknown';
  /** The other side's own wish (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(detail: ErrorDetail, outcome: 'not-applied' | 'unknown', retryAfterMs?: number) {
    super(detail);
    this.outcome = outcome;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The same failure where it is known that nothing was sent yet, e.g. of a look-up before the write. */
export function beforeSending(error: BridgeError): BridgeError {
  if (error instanceof RetryableError) {
    return new RetryableError(describeError(error), 'not-applied', error.retryAfterMs);
  }
  return error instanceof SetupError ? new SetupError(describeError(error)) : error;
}

/** The set-up is wrong (URL, database, key, rights, module): every record would fail alike. */
export class SetupError extends BridgeError {
  override readonly name = 'SetupError';
  /** Unknown where a write was answered by something that cannot be understood. */
  readonly outcome: 'not-applied' | 'unknown';

  constructor(detail: ErrorDetail, outcome: 'not-applied' | 'unknown' = 'not-applied') {
    super(detail);
    this.outcome = outcome;
  }
}

/** Whether the other side may have done the work although the call failed. */
export function isOutcomeUnknown(error: Error): boolean {
  return (error instanceof RetryableError || error instanceof SetupError) && error.outcome === 'unknown';
}

/** This record will never pass as it is: park it, the others go on. */
export class TerminalError extends BridgeError {
  override readonly name = 'TerminalError';
}

/** The detail of any thrown value; a stranger's message is not repeated, for it may hold personal data. */
export function describeError(error: unknown): ErrorDetail {
  if (error instanceof BridgeError) {
    return { code: error.code, message: error.message, remedy: error.remedy };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    code: 'internal',
    message: `The bridge failed unexpectedly (${kind}).`,
    remedy: 'Look for this reconcileId in the log file and report it; retry the record once the bridge is mended.',
  };
}
