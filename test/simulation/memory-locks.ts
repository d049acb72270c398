/** Locks by name, for all connections of an in-memory store: waited for in turn, freed when their connection ends. */

/** One piece of work that wants locks. */
export interface Holder {
  readonly connection: object;
}

interface Waiting {
  readonly holder: Holder;
  readonly take: () => void;
}

export interface MemoryLocks {
  tryTake(holder: Holder, name: string): boolean;
  /** Never resolves when the connection ends meanwhile. */
  take(holder: Holder, name: string): Promise<void>;
  free(holder: Holder, name: string): void;
  /** Frees what a connection holds, and forgets what it waits for. */
  freeAll(connection: object): void;
}

export function createMemoryLocks(): MemoryLocks {
  const holders = new Map<string, Holder>();
  const queues = new Map<string, Waiting[]>();

  function tryTake(holder: Holder, name: string): boolean {
    if (holders.has(name)) return false;
    holders.set(name, holder);
    return true;
  }

  function free(holder: Holder, name: string): void {
    // A connection that ended holds nothing any more, whatever its work still believes.
    if (holders.get(name) !== holder) return;
    holders.delete(name);
    const next = queues.get(name)?.shift();
    if (!next) return;
    holders.set(name, next.holder);
    next.take();
  }

  return {
    tryTake,
    take(holder, name) {
      if (tryTake(holder, name)) return Promise.resolve();
      return new Promise((take) => {
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        queue.push({ holder, take });
      });
    },
    free,
    freeAll(connection) {
      for (const [name, queue] of queues) {
        const others = queue.filter(({ holder }) => holder.connection !== connection);
        queues.set(name, others);
      }
      for (const [name, holder] of holders) if (holder.connection === connection) free(holder, name);
    },
  };
}
