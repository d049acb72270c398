/** What the page /ops shows of the bridge at a glance, and while it changes. Only figures and names of entities. */
import type { Context } from './context.ts';
import { entities } from './entities/registry.ts';
import type { EntityCount } from './links/activity.ts';

const NONE: Omit<EntityCount, 'entity'> = {
  links: 0,
  waiting: 0,
  parked: 0,
  held: 0,
  out_of_scope: 0,
  held_by_kind: {},
};

export async function readOverview({ config, reports, pauses }: Context) {
  const [counts, paused, activity] = await Promise.all([reports.byEntity(), pauses.paused(), reports.activity()]);
  return {
    instance: config.BRIDGE_INSTANCE,
    odoo_url: config.ODOO_URL,
    entities: entities.map(({ name, collection }) => ({
      ...NONE,
      ...counts.find(({ entity }) => entity === name),
      entity: name,
      collection,
      paused: paused.has(name),
    })),
    activity,
  };
}

/** By name of an event of GET /api/events. */
export async function readLive({ reports, pauses, runs }: Context) {
  const [queue, paused, underWay] = await Promise.all([reports.queue(), pauses.paused(), runs.underWay()]);
  return { figures: { ...queue, paused: [...paused].sort() }, runs: underWay };
}
