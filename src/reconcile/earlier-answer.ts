/**
 * The app answers a create key with its first record, for ever. That may be a record of long ago: made before the
 * bridge's database was lost, or for another partner whose id Odoo gave out again after a restore of its own.
 */
import type { WriteResult } from '../backends/backend.ts';
import { type CanonicalRecord, type Entity, readField } from '../entities/define-entity.ts';
import type { Hold } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import { type Observation, onBridgeClock } from './read-both-sides.ts';

type Answer = WriteResult & { readonly kind: 'ok' };

/** From sending a creation to its answer, and then some for a clock that is set meanwhile. */
const LONGEST_CREATION_MS = 600_000;

/** Whether the record is older than our first try, and no copy of what was sent: it says nothing of what both agreed on. */
export function isOfLongAgo(
  { app, now }: Pick<ReconcileContext, 'app' | 'now'>,
  entity: Entity,
  { link }: Pick<Observation, 'link'>,
  sent: CanonicalRecord,
  { stamp, values }: Answer,
): boolean {
  if (stamp === null || link.intents.some(({ kind }) => kind === 'create')) return false;
  const at = Date.parse(stamp);
  const { to } = onBridgeClock({ modified: { from: at, to: at + 1 } }, app.clock());
  const fields = Object.keys(values);
  const differs = fields.some((field) => !entity.same(field, readField(values, field), readField(sent, field)));
  return differs && to < now() - LONGEST_CREATION_MS;
}

export function isSamePerson(entity: Entity, sent: CanonicalRecord, { values }: Pick<Answer, 'values'>): boolean {
  const key = entity.matchKey(sent);
  return entity.matchName(sent) === entity.matchName(values) || (key !== null && key === entity.matchKey(values));
}

export const HELD_AS_ANOTHER: Hold = {
  kind: 'match',
  detail:
    'The app answered its creation with an earlier record of another name and e-mail. Say whether it is the same, or a new one.',
};
