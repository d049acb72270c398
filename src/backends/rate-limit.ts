/** A limit on how many calls reach a side in any one second, whoever makes them in this process. */
import { RetryableError } from '../errors.ts';
import type { Gate } from './gate.ts';
import { isLook } from './look.ts';

export interface RateLimitOptions {
  /** 0 for no limit; 0.5 is one call in two seconds. Above 1 a fraction is not used: 2.5 are two in any second. */
  readonly callsPerSecond: number;
  readonly longestWaitMs?: number;
  readonly arrivesWithinMs?: number;
}

/**
 * How long a call may stand in line. The lease is safe meanwhile: an intent is recorded, and the lease with it renewed,
 * right before a write, and this wait, the call's own deadline (60 s) and 10 s to spare make the lease's 90 s, even if
 * the heartbeat fails, which else renews it every 20 s. It also fits between the 120 s that Odoo works at most and the
 * ODOO_CALL_MAX_SECONDS that an intent stays open. The deadline itself begins when the wait is over.
 */
const LONGEST_WAIT_MS = 20_000;
/** A call has reached the other side after so long, or never will. */
const ARRIVES_WITHIN_MS = 5_000;
/** A little more than a second: timers may be a millisecond early. */
const SECOND_MS = 1_010;

/**
 * As many tokens as calls are allowed, taken in turn. A token comes back one second after its call was answered, not
 * after it was sent: so the other side never counts more calls in a second either, however long they travelled.
 * First come, first served: what is urgent goes first in the queue of records, and of workers, polls and runs each has
 * but one call in line here, so that nobody waits for more than a handful of others.
 */
export function createRateLimit(options: RateLimitOptions): Gate {
  const { callsPerSecond, longestWaitMs = LONGEST_WAIT_MS, arrivesWithinMs = ARRIVES_WITHIN_MS } = options;
  if (callsPerSecond === 0) return (call) => call();
  const returnsAfterMs = SECOND_MS * Math.max(1, 1 / callsPerSecond);
  let tokens = Math.max(1, Math.floor(callsPerSecond));
  const line: (() => void)[] = [];

  async function takeToken(): Promise<void> {
    if (tokens > 0) {
      tokens -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        line.splice(line.indexOf(turn), 1);
        reject(lineTooLong(returnsAfterMs));
      }, longestWaitMs);
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isLook()) line.unshift(turn);
      else line.push(turn);
    });
  }

  function returnToken(): void {
    const next = line.shift();
    if (next) next();
    else tokens += 1;
  }

  return async (call) => {
    await takeToken();
    let returning = false;
    const returnSoon = () => {
      if (returning) return;
      returning = true;
      // Whoever waits has a timer of its own that keeps the process alive.
      setTimeout(returnToken, returnsAfterMs).unref();
    };
    const arrived = setTimeout(returnSoon, arrivesWithinMs).unref();
    try {
      return await call();
    } finally {
      clearTimeout(arrived);
      returnSoon();
    }
  };
}

function lineTooLong(retryAfterMs: number): RetryableError {
  const detail = {
    code: 'calls_waiting',
    message: 'Too many calls wait for their turn under the rate limit.',
    remedy: 'Nothing to do: it is tried again by itself. If it lasts, raise ODOO_CALLS_PER_SECOND if Odoo allows it.',
  };
  return new RetryableError(detail, 'not-applied', retryAfterMs);
}
