/** Server-sent events: what something looks like now, sent again whenever it has changed. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface FollowTimes {
  readonly everyMs: number;
  /** After so long without an event a comment is sent: whoever is gone is noticed, and no proxy takes us for dead. */
  readonly heartbeatMs: number;
}

const TIMES: FollowTimes = { everyMs: 1_000, heartbeatMs: 10_000 };

/**
 * Reads again and again until the signal. Who reads slowly is given the newest state, and misses those between. A
 * reading that fails is the event `trouble`, and the next one that succeeds ends it: with all its parts.
 * @param read by name of an event, what it tells
 */
export async function* follow(
  read: () => Promise<Readonly<Record<string, unknown>>>,
  signal: AbortSignal,
  { everyMs, heartbeatMs }: FollowTimes = TIMES,
): AsyncGenerator<string, void, undefined> {
  let sent = new Map<string, string>();
  let saidAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const state = await read().catch(() => null);
    if (signal.aborted) return;
    const now = new Map(Object.entries(state ?? { trouble: {} }).map(([name, data]) => [name, JSON.stringify(data)]));
    const news = [...now].filter(([name, data]) => sent.get(name) !== data);
    const endedAt = performance.now();
    if (news.length > 0 || endedAt - saidAt >= heartbeatMs) {
      yield news.map(([name, data]) => `event: ${name}\ndata: ${data}\n\n`).join('') || ': still here\n\n';
      saidAt = endedAt;
    }
    sent = now;
    // A database that answers slowly has other things to do.
    await sleep(Math.max(everyMs, 10 * (endedAt - startedAt)), undefined, { signal }).catch(() => undefined);
  }
}
