/** What people decide, in the in-memory store. */

import type { CanonicalChanges } from '../../src/entities/define-entity.ts';
import type { Decisions } from '../../src/links/decisions.ts';
import type { Memory } from './memory.ts';
import type { LinkRow } from './memory-rows.ts';

const GUARDED: ReadonlySet<string> = new Set(['delete', 'rewrite', 'create']);

export function createMemoryDecisions(
  { tables, now, keep }: Memory,
  transact: <T>(work: () => T) => Promise<T>,
): Decisions {
  function mark(row: LinkRow, changes: Partial<LinkRow>): void {
    tables.updateLink(row.id, {
      ...changes,
      dirtySeq: row.dirtySeq + 1,
      dirtyAt: now(),
      dirtyOrder: tables.nextNumber(),
      attempts: 0,
      nextAttemptAt: null,
      priority: 0,
    });
  }

  return {
    release: ({ ids, entity, kind }) =>
      transact(() => {
        const chosen = [...tables.links.values()].filter(
          (row) =>
            row.state === 'held' &&
            row.hold !== null &&
            GUARDED.has(row.hold.kind) &&
            (ids === undefined || ids.includes(row.id)) &&
            (entity === undefined || row.entity === entity) &&
            (kind === undefined || row.hold.kind === kind),
        );
        for (const row of chosen) mark(row, { released: true });
        return chosen.length;
      }),
    resolve: (linkId, decision) =>
      transact(() => {
        const row = tables.links.get(linkId);
        if (row?.state !== 'held') return false;
        mark(row, { decision: keep(decision) });
        return true;
      }),
    restore: (conflictId) =>
      transact(() => {
        const conflict = tables.conflicts.get(conflictId);
        const row = conflict && tables.links.get(conflict.linkId);
        if (!conflict || !row) return 'unknown';
        if (conflict.rule === 'owner') return 'governed';
        const isFree = row.restoring === null || row.restoring.conflictId === conflictId || row.state === 'parked';
        if (!isFree) return 'busy';
        const loser = conflict.winner === 'app' ? conflict.odoo.value : conflict.app.value;
        // A group of several fields was kept as an object.
        const values = typeof loser === 'object' && loser !== null ? loser : { [conflict.field]: loser };
        mark(row, { restoring: keep({ conflictId, values: values as CanonicalChanges }) });
        return 'restoring';
      }),
  };
}
