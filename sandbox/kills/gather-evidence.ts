/** What there is when all is calm: on both sides, past the bridge, in its database, and in what it says of itself. */
import pg from 'pg';
import type { Fields } from '../people/people.ts';
import { type Comparison, compareSides } from '../world/compare-sides.ts';
import type { Acknowledged } from '../world/front-door.ts';
import type { World } from '../world/start-world.ts';
import type { Acquaintance } from './acquaintances.ts';

export interface Evidence {
  readonly known: readonly Acquaintance[];
  readonly comparison: Comparison;
  /** Names of the companies in Odoo. */
  readonly companies: readonly string[];
  /** The names, such as `teacher_42`, under which the bridge finds the partners that it made or adopted. */
  readonly externalIds: readonly { readonly name: string; readonly partnerId: number }[];
  readonly links: readonly { readonly entity: string; readonly appId: string | null; readonly odooId: number | null }[];
  /** In words. */
  readonly parked: readonly string[];
  readonly held: readonly string[];
  /** The values that lost a conflict, as text. */
  readonly losers: readonly string[];
  readonly acknowledged: readonly Acknowledged[];
  /** The ids of the app's events that are in the bridge's database. */
  readonly delivered: ReadonlySet<string>;
}

export async function gatherEvidence(world: World, known: readonly Acquaintance[], mark: string): Promise<Evidence> {
  const { atApp, atOdoo, door, databaseUrl } = world;
  const comparison = await compareSides(atApp, atOdoo, mark);
  const companies = await atOdoo.search([['is_company', '=', true]]);
  const externalIds = (await atOdoo.call('ir.model.data', 'search_read', {
    domain: [
      ['module', '=', `bridge_${world.instance}`],
      ['model', '=', 'res.partner'],
    ],
    fields: ['name', 'res_id'],
  })) as { name: string; res_id: number }[];
  const [links, parked, held, conflicts] = await Promise.all(
    ['links', 'parked', 'held', 'conflicts'].map((list) => readAll(world, list)),
  );
  return {
    known,
    comparison,
    companies: companies.map(({ name }) => String(name)),
    externalIds: externalIds.map(({ name, res_id }) => ({ name, partnerId: res_id })),
    links: (links ?? []).map(({ entity, app_id, odoo_id }) => ({
      entity: String(entity),
      appId: app_id as string | null,
      odooId: odoo_id as number | null,
    })),
    parked: (parked ?? []).map((row) => `${describeLink(row)} is parked: ${(row.error as Fields | null)?.code}`),
    held: (held ?? []).map((row) => `${describeLink(row)} is held: ${row.kind}`),
    losers: (conflicts ?? []).map((row) => JSON.stringify((row[loserOf(row)] as Fields).value)),
    acknowledged: [...(door?.acknowledged ?? [])],
    delivered: await readDelivered(databaseUrl),
  };
}

function describeLink({ entity, app_id, odoo_id }: Fields): string {
  return `${entity} ${app_id ?? '-'} ${odoo_id ?? '-'}`;
}

function loserOf({ winner }: Fields): 'app' | 'odoo' {
  return winner === 'app' ? 'odoo' : 'app';
}

async function readAll({ bridge }: World, list: string): Promise<Fields[]> {
  const rows: Fields[] = [];
  let cursor: unknown = null;
  do {
    const page = await bridge.ask(`/api/${list}?limit=500${cursor === null ? '' : `&cursor=${cursor}`}`);
    rows.push(...(page.data as Fields[]));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}

async function readDelivered(databaseUrl: string): Promise<ReadonlySet<string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `select delivery_id as id from deliveries where source = 'app' and delivery_id is not null`,
    );
    return new Set(rows.map(({ id }) => id));
  } finally {
    await client.end();
  }
}
