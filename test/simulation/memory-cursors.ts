/** The cursors of the in-memory store. */
import type { Cursors } from '../../src/links/cursors.ts';
import type { Connection } from './memory-connection.ts';

export interface CursorRow {
  readonly value: string;
  readonly movedAt: number;
}

/** Times of up to microseconds, as PostgreSQL compares them. */
function isLater(time: string, than: string): boolean {
  const difference = Date.parse(time) - Date.parse(than);
  return difference > 0 || (difference === 0 && microseconds(time) > microseconds(than));
}

function microseconds(time: string): number {
  return Number((/\.(\d+)/.exec(time)?.[1] ?? '').padEnd(6, '0').slice(0, 6));
}

export function createMemoryCursors(
  rows: Map<string, CursorRow>,
  now: () => number,
  { transact, withLocks, withTryLock }: Connection,
): Cursors {
  const put = (name: string, value: string) => {
    rows.set(name, { value, movedAt: now() });
  };
  return {
    read: (name) => transact(() => rows.get(name)?.value ?? null),
    advance: (name, time) =>
      transact(() => {
        const row = rows.get(name);
        if (!row || isLater(time, row.value)) put(name, time);
      }),
    write: (name, value) => transact(() => put(name, value)),
    remove: (name) =>
      transact(() => {
        rows.delete(name);
      }),
    movedAt: (prefix) =>
      transact(() => {
        const moved = [...rows].filter(([name]) => name.startsWith(prefix)).map(([, row]) => row.movedAt);
        return moved.length === 0 ? null : new Date(Math.min(...moved));
      }),
    withLock: (name, work) => withLocks([name], work),
    withTryLock,
  };
}
