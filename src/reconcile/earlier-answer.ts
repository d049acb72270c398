/**
 * The app answers a create key with its first record, for ever. That may be a record of long ago: made before the
 * bridge's database was lost, or for another partner whose id Odoo gave out again after a restore of its own.
 */
import type { WriteResult } from '../backends/backend.ts';
import { type CanonicalRecord, type Entity, readField } from '../entities/define-entity.ts';
import type { Hold, Instants } from '../links/links.ts';
import { onBridgeClock } from './bridge-clock.ts';
import type { ReconcileContext } from './context.ts';
import type { Observation } from './read-both-sides.ts';

type Answer = WriteResult & { readonly kind: 'ok' };

/** From sending a creation to its answer, and then some for a clock that is set meanwhile. */
const LONGEST_CREATION_MS = 600_000;

/** Whether the record is older than our first try, and no copy of what was sent: it says nothing of what both agreed on. */
export function isOfLongAgo(
  context: Pick<ReconcileContext, 'app' | 'now'>,
  entity: Entity,
  { link }: Pick<Observation, 'link'>,
  sent: CanonicalRecord,
  answer: Answer,
): boolean {
  if (link.intents.some(({ kind }) => kind === 'create')) return false;
  const { values } = answer;
  const fields = Object.keys(values);
  const differs = fields.some((field) => !entity.same(field, readField(values, field), readField(sent, field)));
  return differs && whenAnswered(context, answer).to < context.now() - LONGEST_CREATION_MS;
}

/** Whether the partner came into being after the record: then that one was made for another partner. */
export function isOfAnother(
  context: Pick<ReconcileContext, 'app' | 'odoo'>,
  { odoo }: Pick<Observation, 'odoo'>,
  answer: Answer,
): boolean {
  if (!odoo?.created) return false;
  const born = onBridgeClock({ modified: odoo.created }, context.odoo.clock());
  return born.from > whenAnswered(context, answer).to;
}

function whenAnswered({ app }: Pick<ReconcileContext, 'app'>, { stamp }: Answer): Instants {
  const at = Date.parse(stamp ?? '');
  return onBridgeClock({ modified: { from: at, to: at + 1 } }, app.clock());
}

export const HELD_AS_ANOTHER: Hold = {
  kind: 'match',
  detail:
    'The app answered its creation with a record that is older than the partner: Odoo has given an id out again. Say whether they are the same, or it is a new one.',
};
