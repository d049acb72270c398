/** Names of attempts: the other side recognises a second try by them. */
import type { CanonicalChanges, Entity, Side } from '../entities/define-entity.ts';
import { externalKey } from '../entities/external-names.ts';
import { digestRecord } from '../links/digest.ts';
import type { ClaimedLink } from '../links/links.ts';

/** Names the creation of a link's counterpart, for ever: an external id in Odoo, an idempotency key in the app. */
export function createKey(
  instance: string,
  entity: Entity,
  link: Pick<ClaimedLink, 'appId' | 'odooId'> & Partial<Pick<ClaimedLink, 'renewals'>>,
  target: Side,
): string {
  if (target === 'app') return `bridge:${instance}:create:${entity.name}:${entity.odoo.model}:${link.odooId}`;
  return externalKey(instance, entity.name, link.appId ?? '', link.renewals);
}

/** The same changes on the same version of the record are the same attempt, and no others are. */
export function updateKey(instance: string, link: ClaimedLink, stamp: string, changes: CanonicalChanges): string {
  return `bridge:${instance}:update:${link.id}:${stamp}:${digestRecord(changes)}`;
}
