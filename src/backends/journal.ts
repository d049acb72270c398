/** The writes that were planned, one entry for each record that would be written. */
import type { Side } from '../entities/define-entity.ts';
import { type FieldDiffs, joinDiffs } from '../entities/field-diffs.ts';

export interface JournalEntry {
  /** Of an entity; `school` for the companies that teachers belong to. */
  readonly entity: string;
  readonly side: Side;
  /** Of that side; a placeholder for what is only to be made. */
  readonly id: string;
  readonly action: 'create' | 'update' | 'archive' | 'restore' | 'delete' | 'link';
  /** Whether that side would be written: a match may concern nobody but the bridge. */
  readonly writes: boolean;
  readonly fields: FieldDiffs;
  readonly steps: readonly string[];
  readonly later: readonly string[];
}

export type Note = Pick<JournalEntry, 'entity' | 'side' | 'id'> & {
  readonly action: 'create' | 'update' | 'delete' | 'link';
} & Partial<JournalEntry>;

export interface Journal {
  /** What is planned for the same record again becomes one entry with what was planned before. */
  note(entry: Note): void;
  /** In the order in which they were first planned; those that came to nothing are left out. */
  entries(): readonly JournalEntry[];
}

export function createJournal(): Journal {
  const entries = new Map<string, JournalEntry>();
  return {
    note({ entity, side, id, action, writes = true, fields = {}, steps = [], later = [] }) {
      const key = JSON.stringify([entity, side, id, action === 'link']);
      const before = entries.get(key);
      const made = before?.action === 'create' && action === 'update';
      entries.set(key, {
        ...{ entity, side, id },
        action: made ? 'create' : action,
        writes,
        fields: joinDiffs(before?.fields ?? {}, fields),
        steps: [...(before?.steps ?? []), ...steps],
        later: before?.later ?? later,
      });
    },
    entries: () => [...entries.values()].filter(isAny).map(named),
  };
}

function isAny({ action, fields, steps }: JournalEntry): boolean {
  return action !== 'update' || steps.length > 0 || Object.keys(fields).length > 0;
}

/** To archive, and to bring back, are changes of a field; people know them by a name of their own. */
function named(entry: JournalEntry): JournalEntry {
  const active = entry.action === 'update' ? entry.fields.active?.to : undefined;
  if (active === undefined) return entry;
  return { ...entry, action: active === true ? 'restore' : 'archive' };
}
