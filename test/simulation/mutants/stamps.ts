/** Bugs in shadows, stamps and clocks: who is taken for the author, and who for the last. */
import type { Mutant } from './mutant.ts';

const MERGE = 'src/reconcile/merge-fields.ts';
const CLOCK = 'src/reconcile/bridge-clock.ts';
const READ = 'src/reconcile/read-both-sides.ts';
const SETTLEMENT = 'src/reconcile/settlement.ts';

export const STAMPS: readonly Mutant[] = [
  {
    name: 'ties go the wrong way',
    invariant: 'I5',
    file: MERGE,
    from: `return { winner: tie, rule: 'tie', close: true };`,
    to: `return { winner: other(tie), rule: 'tie', close: true };`,
  },
  {
    name: 'intervals that overlap count as later',
    invariant: 'I5',
    file: MERGE,
    from: 'if (app.from > odoo.to)',
    to: 'if (app.to > odoo.from)',
  },
  {
    name: 'a stamp of our own counts as an edit',
    invariant: 'I5',
    file: READ,
    from: 'const ours = stamp === ownStamp || folded.landedOn[side];',
    to: `const ours = ownStamp === 'nobody' && folded.landedOn[side];`,
  },
  {
    name: 'the side with our own stamp wins',
    invariant: 'I5',
    file: MERGE,
    from: `return { winner: app.ours ? 'odoo' : 'app', rule: 'own_stamp', close: true };`,
    to: `return { winner: app.ours ? 'app' : 'odoo', rule: 'own_stamp', close: true };`,
  },
  {
    name: 'the offset of a clock is added instead of subtracted',
    invariant: 'I5',
    file: CLOCK,
    from: 'to: modified.to - clock.offsetMs + clock.uncertaintyMs,',
    to: 'to: modified.to + clock.offsetMs + clock.uncertaintyMs,',
  },
  {
    name: 'the edit that our own write covers is forgotten',
    invariant: 'I5',
    file: SETTLEMENT,
    from: 'if (!edit) return null;',
    to: 'if (!edit || edit.from > 0) return null;',
  },
  {
    name: 'both sides are compared with one shadow',
    invariant: 'I4',
    file: MERGE,
    from: 'const odooKept = every((field) => value(odoo.values, field) === value(base.odoo, field));',
    to: 'const odooKept = every((field) => value(odoo.values, field) === value(base.app, field));',
  },
  {
    name: 'the shadow is what was sent, not what the side made of it',
    invariant: 'I4',
    file: SETTLEMENT,
    from: '[to]: written === undefined ? now[to] : written }',
    to: '[to]: now[from] }',
  },
  {
    name: 'a failed write counts as agreed',
    invariant: 'I1',
    file: SETTLEMENT,
    from: `  if (result?.kind !== 'ok') return null;\n  const from`,
    to: `  if (result?.kind !== 'ok') return now;\n  const from`,
  },
  {
    name: 'what lost is not put on record',
    invariant: 'I6',
    file: SETTLEMENT,
    from: 'outcome.to === to && outcome.conflict ?',
    to: 'outcome.to === to && outcome.conflict && outcome.group.fields.length > 99 ?',
  },
  {
    name: 'an edit that is later than an archiving does not bring the record back',
    invariant: 'I5',
    file: MERGE,
    from: 'if (edited && verdict.winner === rival) return',
    to: 'if (edited && verdict.winner !== rival) return',
  },
];
