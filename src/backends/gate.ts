/** What every call to a side has to pass. */
import type { Breaker } from './breaker.ts';

/** Runs the call when it may be made. @throws what the call throws, or RetryableError (not applied) when it was not made */
export type Gate = <T>(call: () => Promise<T>) => Promise<T>;

/** The breaker is asked again after the wait: the side may have gone away meanwhile. */
export function createGate(breaker: Breaker, limit: Gate = (call) => call()): Gate {
  return async (call) => {
    breaker.check();
    return limit(() => breaker.run(call));
  };
}
