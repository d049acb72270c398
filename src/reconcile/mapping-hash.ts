import { createHash } from 'node:crypto';
import type { Entity } from '../entities/define-entity.ts';

const hashes = new WeakMap<Entity, string>();

/**
 * Names what an entity's mapping does: another name after an update of the bridge tells that values may differ from
 * what was agreed without anybody's edit. What the mapping calls is covered by the entity's `revision`.
 */
export function mappingHash(entity: Entity): string {
  const known = hashes.get(entity);
  if (known !== undefined) return known;
  const { app, odoo, groups, revision } = entity;
  const code = [app.decode, app.encode, odoo.decode, odoo.encode, entity.same].map(String);
  const text = JSON.stringify([revision, groups, odoo.model, odoo.fields, odoo.sources, code]);
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  hashes.set(entity, hash);
  return hash;
}
