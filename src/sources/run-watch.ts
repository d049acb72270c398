/** Ends runs as soon as nothing of them is left to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../errors.ts';
import { endRuns, type ReadBackContext } from './read-back.ts';

export interface RunWatch {
  stop(): Promise<void>;
}

const EVERY_MS = 500;

export function startRunWatch(
  context: ReadBackContext & { readonly log: { warn(values: object, message: string): void } },
): RunWatch {
  const stopping = new AbortController();
  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await endRuns(context);
      } catch (error) {
        context.log.warn({ code: describeError(error).code }, 'runs could not be looked at; it is tried again at once');
      }
      await sleep(EVERY_MS, null, { signal: stopping.signal }).catch(() => null);
    }
  }
  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
