/**
 * The circuit breaker of one side. Some failures in a row that say "away, busy, or not for you" open it: then calls
 * fail at once for a while instead of hammering the side. After the pause one call is let through, and its fate decides.
 */
import { type BridgeError, describeError, RetryableError, SetupError } from '../errors.ts';
import { isLook } from './look.ts';

/** `half_open`: the pause is over, one call is or will be let through. */
export type BreakerState = 'closed' | 'open' | 'half_open';

export interface Breaker {
  state(): BreakerState;
  /** @throws RetryableError with code, message and remedy of the last failure, as long as the side is left alone */
  check(): void;
  /** Runs the call unless `check` throws, and learns from what becomes of it. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

export interface BreakerOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** 0 up to 1, for jitter: several bridges shall not come back at the same instant. */
  readonly random: () => number;
  /** Codes of retryable and set-up errors that a side gives which is well: they are about a record, a model, a right. */
  readonly answers: ReadonlySet<string>;
}

interface Opening {
  until: number;
  reason: BridgeError;
  /** The side asked for the pause, or refused our key: not even a look may disturb it. */
  undisturbed: boolean;
  probing: boolean;
}

const OPENS_AFTER = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** For those who come while the one call is under way. */
const PROBING_MS = 1_000;

export function createBreaker({ now, random, answers }: BreakerOptions): Breaker {
  let failures = 0;
  let pauses = 0;
  let open: Opening | null = null;

  function isDue(opening: Opening): boolean {
    return opening.until <= now() && !opening.probing;
  }

  function check(): void {
    if (open === null || isDue(open) || (isLook() && !open.undisturbed)) return;
    const leftMs = open.until - now();
    throw new RetryableError(describeError(open.reason), 'not-applied', leftMs > 0 ? leftMs : PROBING_MS);
  }

  function rest(reason: BridgeError, pauseMs: number, undisturbed: boolean): void {
    open = { until: Math.max(open?.until ?? 0, now() + pauseMs), reason, undisturbed, probing: false };
  }

  /** @param sentUnder what was known when the call was sent: a late answer says nothing of now */
  function succeed(sentUnder: Opening | null): void {
    if (open !== sentUnder) return;
    open = null;
    failures = 0;
    pauses = 0;
  }

  function fail(reason: BridgeError, sentUnder: Opening | null, counts: boolean): void {
    const wishMs = reason instanceof RetryableError ? (reason.retryAfterMs ?? 0) : 0;
    if (wishMs > 0) {
      // What the side asks for is honoured whoever is told it, and to the millisecond.
      rest(reason, wishMs, true);
      return;
    }
    if (open !== sentUnder || !counts) return;
    failures += 1;
    if (sentUnder === null && failures < OPENS_AFTER) return;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses);
    pauses = Math.min(pauses + 1, 10);
    rest(reason, (pauseMs / 2) * (1 + random()), reason instanceof SetupError);
  }

  function isAway(error: unknown): error is RetryableError | SetupError {
    return (error instanceof RetryableError || error instanceof SetupError) && !answers.has(error.code);
  }

  return {
    state: () => (open === null ? 'closed' : open.until > now() ? 'open' : 'half_open'),
    check,
    async run(call) {
      check();
      const sentUnder = open;
      // A look that comes when a try is due is that try; any other look can only bring good news.
      const probes = sentUnder !== null && isDue(sentUnder);
      const counts = probes || !isLook();
      if (probes) sentUnder.probing = true;
      try {
        const value = await call();
        succeed(sentUnder);
        return value;
      } catch (error) {
        if (isAway(error)) fail(error, sentUnder, counts);
        else succeed(sentUnder);
        throw error;
      }
    },
  };
}
