import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is truthy; fails with `what` after the deadline. */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T> | T,
  timeoutMs = 20_000,
  everyMs = 20,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(everyMs);
  }
}
