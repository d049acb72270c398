/** Bugs in the SQL, which only a run on PostgreSQL can notice. */
import type { Mutant } from './mutant.ts';

export const SQL_MUTANTS: readonly Mutant[] = [
  {
    name: 'a link is claimed although its lease is not over',
    invariant: 'I1',
    file: 'src/links/claim.ts',
    from: 'and (l.lease_until is null or l.lease_until < clock_timestamp())',
    to: '',
  },
  {
    name: 'a further mark sends a link to the end of the queue',
    invariant: 'I1',
    file: 'src/links/mark.ts',
    from: 'case when links.dirty_seq > links.done_seq then links.dirty_at else clock_timestamp() end',
    to: 'clock_timestamp()',
  },
  {
    name: 'the mark of a link that is folded is lost',
    invariant: 'I1',
    file: 'src/links/counterparts.ts',
    from: 'folded.rows.length > 0 ? 1 : 0',
    to: '0',
  },
  {
    name: 'the base of a second agreement is not stored',
    invariant: 'I1',
    file: 'src/links/settle.ts',
    from: 'set app = excluded.app, odoo = excluded.odoo,',
    to: 'set',
  },
];
