/**
 * Natural group commit: whoever comes while a flush is on its way waits for the next one, and they go together.
 * No timer: a lone request is flushed at once, a burst in few large statements.
 */
const FLUSHES_AT_ONCE = 2;
const LARGEST_FLUSH = 500;

/**
 * @param flush must be all or nothing: it rejects unless every item is durable
 * @returns a function that resolves with the item's result once it is durable
 */
export function createGroupCommit<Item, Result>(
  flush: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let flushing = 0;

  async function flushOnce(): Promise<void> {
    const batch = waiting.slice(0, LARGEST_FLUSH);
    waiting = waiting.slice(LARGEST_FLUSH);
    flushing += 1;
    try {
      const results = await flush(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      flushing -= 1;
      start();
    }
  }

  function start(): void {
    if (waiting.length > 0 && flushing < FLUSHES_AT_ONCE) void flushOnce();
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      start();
    });
}
