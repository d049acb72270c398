/** Names of attempts: the other side recognises a second try by them. */
import type { CanonicalChanges, Entity, Side } from '../entities/define-entity.ts';
import { digestRecord } from '../links/digest.ts';
import type { ClaimedLink } from '../links/links.ts';

/** Names the creation of a link's counterpart, for ever: an external id in Odoo, an idempotency key in the app. */
export function createKey(instance: string, entity: Entity, link: ClaimedLink, target: Side): string {
  if (target === 'app') return `bridge:${instance}:create:${entity.name}:${entity.odoo.model}:${link.odooId}`;
  const again = link.renewals === 0 ? '' : `r${link.renewals}_`;
  return `bridge_${instance}.${again}${externalName(entity.name, link.appId ?? '')}`;
}

/** Odoo takes letters, digits, `_` and `-`. Other ids are encoded; `-` instead of `_` before them keeps both apart. */
export function externalName(entityName: string, appId: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(appId)) return `${entityName}_${appId}`;
  return `${entityName}-${Buffer.from(appId, 'utf8').toString('base64url')}`;
}

/** The app id that a key of this bridge and entity names; null when it names none of them. */
export function readKey(instance: string, entity: Entity, key: string): string | null {
  const module = `bridge_${instance}.`;
  if (!key.startsWith(module)) return null;
  // The name of a record that took the place of a spent one.
  const name = key.slice(module.length).replace(/^r\d+_/, '');
  const rest = name.slice(entity.name.length + 1);
  if (!name.startsWith(entity.name) || rest === '') return null;
  if (name[entity.name.length] === '_') return rest;
  return name[entity.name.length] === '-' ? Buffer.from(rest, 'base64url').toString('utf8') : null;
}

/** The same changes on the same version of the record are the same attempt, and no others are. */
export function updateKey(instance: string, link: ClaimedLink, stamp: string, changes: CanonicalChanges): string {
  return `bridge:${instance}:update:${link.id}:${stamp}:${digestRecord(changes)}`;
}
