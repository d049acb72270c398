/** I7 and I9: nothing is archived that nobody archived or deleted, not more than the guard lets pass, and no other field touched. */
import { entities } from '../../src/entities/registry.ts';
import { guardLimit } from '../../src/links/guard.ts';
import type { Change } from './ledger.ts';
import type { Violation } from './violation.ts';
import type { Witness } from './witness.ts';
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
    ...checkGuard(archives, witness),
    ...byBridge.flatMap(({ side, record, raw }) => {
      const strange = raw.filter((name) => !MAPPED.has(name));
      return strange.length === 0
        ? []
        : [{ invariant: 'I9', detail: `${side} ${record}: the bridge wrote ${strange.join()}` }];
    }),
  ];
}

/** The other record of the pair, as the ledger names it. */
function counterparts({ pairs }: Witness, { side, record }: Change): string[] {
  return [...pairs].flatMap((pair) => {
    const [entity = '', appId = '', odooId = ''] = pair.split(' ');
    if (side === 'app') return record === `${entity}:${appId}` ? [odooId] : [];
    return record === odooId ? [`${entity}:${appId}`] : [];
  });
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
