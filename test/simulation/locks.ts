/** Advisory locks across processes: held by one at a time, waited for in turn, freed when their holder dies. */
import type { Process } from './process.ts';

export interface Locks {
  /** Runs `work` while the process holds all of the keys. */
  run<T>(process: Process, keys: readonly string[], work: () => Promise<T>): Promise<T>;
  /** @returns false, and runs nothing, when another holds the key */
  tryRun(process: Process, key: string, work: () => Promise<void>): Promise<boolean>;
}

interface Holding {
  readonly process: Process;
  readonly waiting: { readonly process: Process; readonly take: () => void }[];
}

export function createLocks(): Locks {
  const held = new Map<string, Holding>();
  const watched = new WeakSet<Process>();

  function hold(process: Process, key: string): void {
    held.set(key, { process, waiting: held.get(key)?.waiting ?? [] });
    if (watched.has(process)) return;
    watched.add(process);
    process.onCrash(() => {
      for (const [name, holding] of held) if (holding.process === process) release(name);
    });
  }

  function release(key: string): void {
    const waiting = held.get(key)?.waiting ?? [];
    held.delete(key);
    let next = waiting.shift();
    while (next && !next.process.isAlive()) next = waiting.shift();
    if (!next) return;
    held.set(key, { process: next.process, waiting });
    hold(next.process, key);
    const { process, take } = next;
    process.resume(take);
  }

  async function acquire(process: Process, key: string): Promise<void> {
    const holding = held.get(key);
    if (holding) await new Promise<void>((resolve) => holding.waiting.push({ process, take: resolve }));
    else hold(process, key);
  }

  return {
    async run(process, keys, work) {
      // Sorted, so that two that want the same never wait for each other.
      const wanted = [...new Set(keys)].sort();
      for (const key of wanted) await acquire(process, key);
      try {
        return await work();
      } finally {
        for (const key of wanted) release(key);
      }
    },
    async tryRun(process, key, work) {
      if (held.has(key)) return false;
      hold(process, key);
      try {
        await work();
      } finally {
        release(key);
      }
      return true;
    },
  };
}
