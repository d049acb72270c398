/** Wakes sleepers. `listen` before looking, so that a ring between the look and the sleep is not missed. */
export function createBell() {
  let rings = 0;
  let ended = false;
  const wakers = new Set<() => void>();
  const sleepers = new Set<() => void>();
  function rest(ms: number, set: Set<() => void>): Promise<void> {
    if (ended) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        set.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      set.add(wake);
    });
  }
  function ring(): void {
    rings += 1;
    for (const wake of [...wakers]) wake();
  }
  return {
    ring,
    listen() {
      const heard = rings;
      return (ms: number) => (rings === heard ? rest(ms, wakers) : Promise.resolve());
    },
    sleep: (ms: number) => rest(ms, sleepers),
    end() {
      ended = true;
      ring();
      for (const wake of [...sleepers]) wake();
    },
  };
}
