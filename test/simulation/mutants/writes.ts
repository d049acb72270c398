/** Bugs in the order of remote writes, and in what is known of writes that were not answered. */
import type { Mutant } from './mutant.ts';

export const WRITES: readonly Mutant[] = [
  {
    name: 'a creation is not looked up before it is made again',
    invariant: 'I2',
    file: 'src/reconcile/find-counterparts.ts',
    from: 'const created = await context[target].findCreated(entity, plans.map(keyOf));',
    to: 'const created = new Map<string, string>();',
  },
  {
    name: 'an unanswered write is forgotten',
    invariant: 'I6',
    file: 'src/reconcile/settlement.ts',
    from: 'return unknown && key !== null ? [key] : [];',
    to: 'return [];',
  },
  {
    name: 'a write that may still land is not waited for',
    invariant: 'I6',
    file: 'src/reconcile/fold-intents.ts',
    from: 'return overAt > now && (',
    to: 'return overAt > now && false && (',
  },
  {
    name: 'a write that landed unheard is taken for an edit',
    invariant: 'I6',
    file: 'src/reconcile/fold-intents.ts',
    from: 'if (record && hasLanded(entity, intent, record, shadows[side])) {',
    to: 'if (record && pending.length > 9_999) {',
  },
  {
    name: 'values are written whatever is there by now',
    invariant: 'I6',
    file: 'test/simulation/sim-odoo-records.ts',
    from: 'return row && isUnchanged(row, expect);',
    to: 'return row && expect !== null;',
  },
  {
    name: 'the lock under which matches are decided is not taken',
    invariant: 'I2',
    file: 'test/simulation/memory-locks.ts',
    from: 'if (holders.has(name)) return false;',
    to: '',
  },
  {
    name: 'a creation of another worker is not waited for',
    invariant: 'I2',
    file: 'src/reconcile/create-counterparts.ts',
    from: 'const uncertain = await context.links.findMaybeOurs(source, linkIds);',
    to: 'const uncertain: ReadonlySet<string> = new Set(source === target ? linkIds : []);',
  },
  {
    name: 'what is left to write after a creation counts as agreed',
    invariant: 'I1',
    file: 'src/reconcile/settlement.ts',
    from: 'return { ...now, [from]: now[to] };',
    to: 'return now;',
  },
  {
    name: 'a worker whose lease is over announces and writes all the same',
    invariant: 'I1',
    file: 'test/simulation/memory-claim.ts',
    from: `{ token }: Claim): readonly LinkRow[] {
  const leased: LinkRow[] = [];
  for (const row of tables.links.values()) if (row.leaseToken === token) leased.push(row);`,
    to: `{ links }: Claim): readonly LinkRow[] {
  const leased: LinkRow[] = [];
  for (const row of tables.links.values()) if (links.some(({ id }) => id === row.id)) leased.push(row);`,
  },
  {
    name: 'leases are not looked at when work is handed out',
    invariant: 'I1',
    file: 'test/simulation/memory-claim.ts',
    from: '(leaseUntil === null || leaseUntil < now)',
    to: '(leaseUntil === null || leaseUntil < now + 1e12)',
  },
  {
    name: 'namesakes of one batch are decided at once',
    invariant: 'I2',
    file: 'src/reconcile/create-counterparts.ts',
    from: '(key !== null && keys.has(key) ? later : first).push(plan);',
    to: '(key !== null && keys.size > 999 ? later : first).push(plan);',
  },
];
