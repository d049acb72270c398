/** A list holds the addresses of people: when one of them changes, is put away or comes back, the list is looked at. */
import { type Entity, readField } from '../entities/define-entity.ts';
import type { Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';

const HELD = ['email', 'name', 'active'] as const;

export async function markLists(
  { mailing }: ReconcileContext,
  entity: Entity,
  settlements: readonly Settlement[],
): Promise<void> {
  if (!mailing || !entity.groups.some(({ name }) => name === 'email')) return;
  const changed = settlements.flatMap(({ link, base }) => {
    const before = link.base?.app ?? {};
    const differs = base && HELD.some((field) => readField(base.app, field) !== readField(before, field));
    return differs && link.appId !== null ? [`${entity.name}:${link.appId}`] : [];
  });
  if (changed.length > 0) await mailing.markListsOf(changed);
}
