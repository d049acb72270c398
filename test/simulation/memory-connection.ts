/** A connection to the in-memory store: what is called through it works until it is closed. */
import type { Holder, MemoryLocks } from './memory-locks.ts';

/** What becomes of calls through a connection that is closed. */
export type Afterwards = 'reject' | 'hang';

/** As PostgreSQL's client raises it when its connection is gone. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
  readonly code = '57P01';
}

export interface Connection {
  /** Runs a transaction. */
  transact<T>(work: () => T): Promise<T>;
  withLocks<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
  /** @returns false, and runs nothing, when somebody holds the lock */
  withTryLock(name: string, work: () => Promise<void>): Promise<boolean>;
  disconnect(afterwards?: Afterwards): void;
}

export function createConnection(locks: MemoryLocks): Connection {
  const connection = {};
  let closed: Afterwards | null = null;
  const endings = new Set<() => void>();

  /** What a call gets once the connection is closed. */
  function refuse<T>(): Promise<T> {
    return closed === 'hang' ? new Promise(() => {}) : Promise.reject(new ConnectionClosed('the connection is closed'));
  }

  function untilClosed(wait: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => refuse<void>().catch(reject);
      endings.add(end);
      void wait.then(() => {
        endings.delete(end);
        resolve();
      });
    });
  }

  async function runHolding<T>(holder: Holder, names: readonly string[], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      for (const name of names) locks.free(holder, name);
    }
  }

  return {
    async transact<T>(work: () => T): Promise<T> {
      return closed ? refuse() : work();
    },
    async withLocks<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
      if (closed) return refuse();
      const holder: Holder = { connection };
      // Sorted, so that two that want the same never wait for each other.
      const wanted = [...new Set(names)].sort();
      for (const name of wanted) if (!locks.tryTake(holder, name)) await untilClosed(locks.take(holder, name));
      return runHolding(holder, wanted, work);
    },
    async withTryLock(name: string, work: () => Promise<void>): Promise<boolean> {
      if (closed) return refuse();
      const holder: Holder = { connection };
      if (!locks.tryTake(holder, name)) return false;
      await runHolding(holder, [name], work);
      return true;
    },
    disconnect(afterwards: Afterwards = 'reject'): void {
      closed = afterwards;
      locks.freeAll(connection);
      for (const end of endings) end();
      endings.clear();
    },
  };
}
