/** Which writes a guard has to let pass, and what becomes of those that it holds. */
import type { CanonicalChanges, Entity, Side } from '../entities/define-entity.ts';
import type { GuardKind, Hold, Settlement } from '../links/links.ts';
import type { PlannedUpdate } from './apply-updates.ts';
import type { ReconcileContext } from './context.ts';
import { mappingHash } from './mapping-hash.ts';
import type { Observation } from './read-both-sides.ts';

/** A stamp that is this young is of now, also on a clock that was set back since the last agreement. */
const YOUNG_MS = 600_000;

/** @returns null for what a person's edit explains: that is never held, however much it is */
export function guardFor(
  context: Pick<ReconcileContext, 'now' | 'app' | 'odoo'>,
  entity: Entity,
  { seen }: PlannedUpdate,
  to: Side,
  changes: CanonicalChanges,
): GuardKind | null {
  if (changes.active === false) return 'archive';
  if (seen.link.restoring) return null;
  return isUnexplained(context, entity, seen, to === 'app' ? 'odoo' : 'app') ? 'rewrite' : null;
}

/** The values differ from what was agreed, but the record was not modified since: another mapping, or an old copy of it. */
function isUnexplained(
  context: Pick<ReconcileContext, 'now' | 'app' | 'odoo'>,
  entity: Entity,
  seen: Observation,
  from: Side,
): boolean {
  const { base } = seen;
  const record = seen[from];
  const agreed = base?.stamps[from];
  if (!base || !record || agreed === null || agreed === undefined) return false;
  if (record.stamp === agreed) return base.mapping !== mappingHash(entity);
  const sideNow = context.now() + context[from].clock().offsetMs;
  return Date.parse(record.stamp) < Date.parse(agreed) && sideNow - record.modified.from > YOUNG_MS;
}

const HOLDS: Readonly<Record<GuardKind, Hold>> = {
  archive: {
    kind: 'delete',
    detail: 'More records would be archived within 24 hours than the guard lets pass. Release it if it is meant.',
  },
  rewrite: {
    kind: 'rewrite',
    detail:
      'Many records differ from what was agreed although nobody edited them: another mapping, or an older copy of a database. Run the sync, or release it, if it is meant.',
  },
};

export function holdByGuard({ link, unsettled }: Observation, guard: GuardKind): Settlement {
  return { link, next: { kind: 'hold', hold: HOLDS[guard] }, outcome: 'hold', logged: true, openIntents: unsettled };
}
