/** I2: the bridge gives a record one counterpart, and never one to its own creation. */
import type { Side } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { Change } from './ledger.ts';
import type { LinkView } from './link-view.ts';
import type { Violation } from './violation.ts';
import { INSTANCE, type World } from './world.ts';

interface Creation {
  readonly change: Change;
  readonly entity: string;
  /** The record that it was made for, as the ledger names it. */
  readonly source: string;
}

export function checkDuplicates(world: World, links: readonly LinkView[]): Violation[] {
  const creations = world.ledger.changes.flatMap((change) => toCreation(change) ?? []);
  const violations: Violation[] = [];
  const made = new Map(
    creations.map((creation) => [`${creation.entity} ${creation.change.side} ${creation.change.record}`, creation]),
  );
  for (const [key, group] of Map.groupBy(creations, ({ change }) => `${change.side} ${change.key}`)) {
    const living = group.filter(({ change }) => isThere(world, change));
    if (living.length > 1)
      violations.push({ invariant: 'I2', detail: `${living.length} records were made for ${key}` });
  }
  for (const { change, entity, source } of creations) {
    const from = change.side === 'app' ? 'odoo' : 'app';
    const origin = made.get(`${entity} ${from} ${source}`);
    if (origin && isThere(world, change) && isThere(world, origin.change)) {
      const detail = `${change.side} ${change.record} was made for ${source}, which was made for ${origin.source}`;
      violations.push({ invariant: 'I2', detail });
    }
    const tied = links.find((link) => link.entity === entity && link.appId !== null && isOn(link, from, source));
    const counterpart = tied && (change.side === 'app' ? `${entity}:${tied.appId}` : String(tied.odooId));
    if (tied?.odooId != null && counterpart !== change.record && isThere(world, change)) {
      const detail = `${change.side} ${change.record} was made for ${source}, which is tied to ${counterpart}`;
      violations.push({ invariant: 'I2', detail });
    }
  }
  return violations;
}

function isOn({ entity, appId, odooId }: LinkView, side: Side, record: string): boolean {
  return record === (side === 'app' ? `${entity}:${appId}` : String(odooId));
}

function toCreation(change: Change): Creation | null {
  const { author, kind, key = '' } = change;
  if (author !== 'bridge' || kind !== 'create') return null;
  if (change.side === 'app') {
    const [, , , entity = '', , partner = ''] = key.split(':');
    return { change, entity, source: partner };
  }
  const named = new RegExp(`^bridge_${INSTANCE}\\.([a-z]+)_(.+)$`).exec(key);
  if (!named) return null;
  const [, entity = '', id = ''] = named;
  return { change, entity, source: `${entity}:${id}` };
}

function isThere({ app, odoo }: World, { side, record }: Change): boolean {
  if (side === 'odoo') return odoo.find(Number(record)) !== undefined;
  const [entity = '', id = ''] = record.split(':');
  return app.find(entityNamed(entity), id) !== undefined;
}
