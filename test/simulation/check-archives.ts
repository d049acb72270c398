/** I7 and I9: nothing is archived that nobody archived or deleted, not more than the guard lets pass, and no other field touched. */
import type { FieldValue } from '../../src/entities/define-entity.ts';
import { entities } from '../../src/entities/registry.ts';
import { guardLimit } from '../../src/links/guard.ts';
import type { Change } from './ledger.ts';
import type { Violation } from './violation.ts';
import { counterparts, type Witness } from './witness.ts';
import type { World } from './world.ts';

const MAPPED: ReadonlySet<string> = new Set([
  ...entities.flatMap(({ odoo }) => odoo.fields),
  ...entities.flatMap(({ groups }) => groups.flatMap(({ fields }) => fields)),
  'deleted_at',
  'updated_at',
  'write_date',
]);

export function checkArchives(world: World, witness: Witness): Violation[] {
  const byBridge = world.ledger.changes.filter(({ author, kind }) => author === 'bridge' && kind === 'update');
  const archives = byBridge.filter(({ changes }) => changes.active === false);
  return [
    ...archives.flatMap((change) => checkReason(world, witness, change)),
    ...archives.flatMap((change) => checkParting(world, witness, change)),
    ...checkGuard(archives, witness),
    ...byBridge.flatMap(({ side, record, raw }) => {
      const strange = raw.filter((name) => !MAPPED.has(name));
      return strange.length === 0
        ? []
        : [{ invariant: 'I9', detail: `${side} ${record}: the bridge wrote ${strange.join()}` }];
    }),
  ];
}

function checkReason({ ledger }: World, witness: Witness, change: Change): Violation[] {
  const other = change.side === 'app' ? 'odoo' : 'app';
  const reasons = counterparts(witness, change).flatMap((record) => ledger.of(other, record));
  const meant = reasons.some(
    ({ at, author, kind, changes }) =>
      at <= change.at && (kind === 'unlink' || changes.active === false) && (author === 'person' || kind === 'unlink'),
  );
  // A partner of several kinds carries an archiving on to the records of the other kinds.
  const carried = reasons.some(({ at, changes }) => at <= change.at && changes.active === false);
  if (meant || carried) return [];
  return [
    {
      invariant: 'I7',
      detail: `${change.side} ${change.record} was archived although nobody archived its counterpart`,
    },
  ];
}

/** Fields that Odoo takes as they are, so that what was ever agreed was there to be seen. */
const PLAIN_FIELDS = ['name', 'email', 'phone', 'street', 'city', 'notes'] as const;

/** I6: who edits a record in the app while its partner is deleted in Odoo is asked, not archived. */
function checkParting({ ledger, odoo }: World, witness: Witness, change: Change): Violation[] {
  const partners = counterparts(witness, change);
  if (change.side !== 'app' || partners.length === 0 || partners.some((id) => odoo.find(Number(id)))) return [];
  const inOdoo = partners.flatMap((id) => ledger.of('odoo', id));
  // It may have been archived there first: that is no deletion.
  if (inOdoo.some(({ changes }) => changes.active === false)) return [];
  const before = ledger.of('app', change.record).filter(({ at }) => at < change.at);
  return PLAIN_FIELDS.flatMap((field) => {
    const last = before.findLast(({ changes }) => field in changes);
    const value = last?.changes[field];
    if (last?.author !== 'person' || last.kind !== 'update' || typeof value !== 'string') return [];
    if (inOdoo.some(({ changes }) => isLike(changes[field], value))) return [];
    const detail = `app ${change.record}: ${field} ${value} never came to Odoo, and went down with the deleted partner`;
    return [{ invariant: 'I6', detail }];
  });
}

/** Odoo spells some of it in its own way. */
function isLike(left: FieldValue | undefined, right: string): boolean {
  return typeof left === 'string' && left.replaceAll(' ', '') === right.replaceAll(' ', '');
}

function checkGuard(archives: readonly Change[], witness: Witness): Violation[] {
  const limit = guardLimit('archive', 0, 0);
  return entities.flatMap(({ name }) => {
    const inApp = archives
      .filter(({ side, record }) => side === 'app' && record.startsWith(`${name}:`))
      .map(({ record }) => record);
    const inOdoo = archives
      .filter(({ side }) => side === 'odoo')
      .flatMap((change) => counterparts(witness, change).filter((record) => record.startsWith(`${name}:`)));
    // A partner of several kinds counts for the kind that archived it, which cannot be told afterwards.
    const count = new Set(witness.moved.size > 0 ? inApp : [...inApp, ...(isShared(witness) ? [] : inOdoo)]).size;
    return count > limit
      ? [{ invariant: 'I7', detail: `${count} records of ${name} were archived, ${limit} may be` }]
      : [];
  });
}

function isShared({ pairs }: Witness): boolean {
  const partners = [...pairs].map((pair) => pair.split(' ')[2]);
  return new Set(partners).size < partners.length;
}
