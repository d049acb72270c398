/** Bugs in guards, matches, existence, and in how work comes in. */
import type { Mutant } from './mutant.ts';

const POLLER = 'src/sources/poller.ts';
const LISTING = 'src/sources/listing.ts';
const DECIDE = 'src/reconcile/decide.ts';

export const GUARDS: readonly Mutant[] = [
  {
    name: 'the guard lets every archiving pass',
    invariant: 'I7',
    file: 'src/reconcile/guards.ts',
    from: `if (changes.active === false) return 'archive';`,
    to: 'if (changes.active === false) return null;',
  },
  {
    name: 'loss of rights counts as a deletion',
    invariant: 'I7',
    file: DECIDE,
    from: `    hidden: 'hidden_in_odoo',\n    archived: 'merge',\n    active: 'merge',\n    out_of_scope: 'out_of_scope',\n  },\n};`,
    to: `    hidden: 'archive_in_app',\n    archived: 'merge',\n    active: 'merge',\n    out_of_scope: 'out_of_scope',\n  },\n};`,
  },
  {
    name: 'a match is never looked for',
    invariant: 'I2',
    file: 'src/reconcile/choose-match.ts',
    from: `return { kind: 'link', id: only.id };`,
    to: `return { kind: 'create' };`,
  },
  {
    name: 'a second record of the same person is made without asking',
    invariant: 'I2',
    file: 'src/reconcile/choose-match.ts',
    from: 'if (taken) return hold(',
    to: 'if (taken && question.ownSideCount > 99) return hold(',
  },
  {
    name: 'an edit goes down with a record that was deleted in Odoo',
    invariant: 'I6',
    file: DECIDE,
    from: `if (edited && !released) return { kind: 'hold', why: 'deleted_in_odoo' };`,
    to: '',
  },
  {
    name: 'polls do not look back',
    invariant: 'I1',
    file: POLLER,
    from: 'Math.min(cursor, ...shown) - overlapMs;',
    to: 'Math.min(cursor, ...shown);',
  },
  {
    name: 'polls read the first page only',
    invariant: 'I1',
    file: LISTING,
    from: '} while (next !== null);',
    to: `} while (next === 'nowhere');`,
  },
  {
    name: 'a new record that only a poll saw is not marked',
    invariant: 'I1',
    file: LISTING,
    from: 'await markRecords(links, backend, entity, unlinked, priority);',
    to: '',
  },
  {
    name: 'a cursor goes back with a clock that is set back',
    invariant: 'I13',
    file: 'test/simulation/memory-cursors.ts',
    from: 'if (!row || isLater(time, row.value)) put(name, time);',
    to: 'put(name, time);',
  },
  {
    name: 'a mark that comes while a pass runs is lost',
    invariant: 'I1',
    file: 'test/simulation/memory-settle.ts',
    from: 'doneSeq: done ? Number(link.seq) : row.doneSeq,',
    to: 'doneSeq: done ? row.dirtySeq : row.doneSeq,',
  },
  {
    name: 'webhooks are stored and never marked',
    invariant: 'I3',
    file: 'src/reconcile/work.ts',
    from: '    await context.links.markDelivered();\n',
    to: '',
  },
  {
    name: 'the sibling on a shared partner does not hear of a write',
    invariant: 'I1',
    file: 'test/simulation/memory-settle.ts',
    from: 'if (!(wroteOdoo || left) ||',
    to: 'if (wroteOdoo || left ||',
  },
  {
    name: 'a partner is archived though a record of another kind still uses it',
    invariant: 'I7',
    file: 'src/reconcile/apply-updates.ts',
    from: 'kind !== entity.name && appId !== null && appActive && inScope',
    to: 'kind === entity.name && appId !== null && appActive && inScope',
  },
];
