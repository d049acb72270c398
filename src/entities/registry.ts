/** All mapped entities, in the order in which they depend on each other. */

import { apartment } from './apartment.ts';
import { campaign } from './campaign.ts';
import type { Entity } from './define-entity.ts';
import { document } from './document.ts';
import { guest } from './guest.ts';
import { invoice } from './invoice.ts';
import { mailingList } from './mailing-list.ts';
import { message } from './message.ts';
import { teacher } from './teacher.ts';
import { tenant } from './tenant.ts';
import { travel } from './travel.ts';

export const entities: readonly Entity[] = [
  ...[teacher, tenant, guest, apartment, travel, invoice, document],
  ...[mailingList, campaign, message],
];

const byName = new Map(entities.map((entity) => [entity.name, entity]));

export function findEntity(name: string): Entity | undefined {
  return byName.get(name);
}

/** The entity of that name; a name that is not mapped is a fault of the program, not of a caller. */
export function entityNamed(name: string): Entity {
  const entity = byName.get(name);
  if (!entity) throw new TypeError(`no entity is named ${name}`);
  return entity;
}

export const ENTITY_NAMES: readonly string[] = entities.map(({ name }) => name);

/** What resyncs and plans may name. */
export const COLLECTIONS: readonly string[] = ['contacts', 'all', ...entities.map(({ collection }) => collection)];

/** The entities that live in one Odoo model, e.g. `res.partner`. */
export function entitiesOfModel(model: string): readonly Entity[] {
  return entities.filter((entity) => entity.odoo.model === model);
}

/** What a manual resync may name: a collection, `contacts`, or `all`. */
export function entitiesOfCollection(collection: string): readonly Entity[] {
  if (collection === 'all') return entities;
  if (collection === 'contacts') return entitiesOfModel('res.partner');
  return entities.filter((entity) => entity.collection === collection);
}
