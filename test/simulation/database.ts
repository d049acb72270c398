/**
 * The way to the store: each call is a transaction that takes its time, is seen by all processes at once, and may
 * fail before or after its commit. The locks of a dead process become free.
 */
import type { Cursors } from '../../src/links/cursors.ts';
import type { Links } from '../../src/links/links.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { Strike } from './strikes.ts';

export interface Store {
  readonly links: Links;
  readonly cursors: Cursors;
}

/** One process's way to the store that all of them share. */
export interface ProcessStore extends Store {
  readonly disconnect: (afterwards: 'hang') => void;
}

export interface Database {
  connect(process: Process): Store;
  /** The next so many transactions lose their connection, before or after their commit. */
  fail(mode: 'before' | 'after', count: number): void;
  heal(): void;
}

/** As PostgreSQL's client raises it when the server goes away. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = '57P01';
}

const MARKING: ReadonlySet<string> = new Set(['receive', 'markApp', 'markOdoo']);

/** What the store tells all workers of: marks, and settlements that leave something to do at once. */
function isNews(name: string, args: readonly unknown[], value: unknown): boolean {
  if (name === 'markDelivered') return value !== 0;
  if (name !== 'settle') return MARKING.has(name);
  const [, settlements] = args as Parameters<Links['settle']>;
  return settlements.some(
    ({ next, wroteOdoo }) => next.kind === 'again' || (next.kind === 'done' && next.outOfScope) || wroteOdoo,
  );
}

type Method = (...args: never[]) => Promise<unknown>;

/** @param onWork called when something was marked, as NOTIFY does */
export function createDatabase(
  scheduler: Scheduler,
  open: (process: Process) => ProcessStore,
  onWork: () => void,
  strike: Strike = () => null,
): Database {
  const { random } = scheduler;
  let failing: { mode: 'before' | 'after'; left: number } | null = null;

  function nextFailure(): 'before' | 'after' | null {
    if (failing === null) return null;
    const { mode } = failing;
    failing.left -= 1;
    if (failing.left <= 0) failing = null;
    return mode;
  }

  function transaction(
    process: Process,
    name: string,
    args: readonly unknown[],
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      scheduler.after(random.between(1, 4), () => {
        // The process died before its statement reached the server.
        if (!process.isAlive()) return;
        const blow = strike({ side: 'database', name, writes: true, now: scheduler.now() });
        if (blow === 'dies_before') return process.die();
        const failure = blow === 'fails_before' ? 'before' : blow === 'fails_after' ? 'after' : nextFailure();
        const lose = () => process.resume(() => reject(new ConnectionLost('connection lost')));
        if (failure === 'before') return lose();
        run().then(
          (value) => {
            if (isNews(name, args, value)) onWork();
            if (name !== 'findDirty') scheduler.note(`${process.name} ${name}`);
            if (blow === 'dies_after') process.die();
            else if (failure === 'after') lose();
            // Most answers come at once; now and then others get in between.
            else if (random.chance(0.1))
              scheduler.after(random.between(1, 30), () => process.resume(() => resolve(value)));
            else process.resume(() => resolve(value));
          },
          (error: unknown) => process.resume(() => reject(error)),
        );
      });
    });
  }

  function overTheWire<T extends object>(process: Process, target: T, names: readonly (keyof T & string)[]): T {
    const wired: Record<string, Method> = {};
    for (const name of names) {
      const method = target[name] as Method;
      wired[name] = (...args) => transaction(process, name, args, () => method.apply(target, args));
    }
    return { ...target, ...wired };
  }

  return {
    connect(process) {
      const { links, cursors, disconnect } = open(process);
      process.onCrash(() => disconnect('hang'));
      const names = Object.keys(links).filter((name) => name !== 'withMatchLocks') as (keyof Links)[];
      return {
        links: overTheWire(process, links, names),
        cursors: overTheWire(process, cursors, ['read', 'advance', 'write', 'remove', 'movedAt']),
      };
    },
    fail(mode, count) {
      failing = { mode, left: count };
    },
    heal() {
      failing = null;
    },
  };
}
