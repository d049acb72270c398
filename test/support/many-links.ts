/** Many people who are linked already: put where they belong at once, as if the bridge had linked them long ago. */
import pg from 'pg';
import type { OdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import type { CanonicalRecord } from '../../src/entities/define-entity.ts';
import { digestRecord } from '../../src/links/digest.ts';
import { loseWebhooks } from './lose-webhooks.ts';
import type { TestSetup } from './start-bridge.ts';

export interface Linked {
  readonly appId: string;
  readonly partnerId: number;
}

/**
 * One guest is entered and linked by the bridge itself; all others are made in its image. From then on both sides keep
 * their webhooks to themselves, until the test sets them up again.
 * @returns all of them, in the order of their numbers; the name of each is `Guest` with its number
 */
export async function linkMany(setup: TestSetup, simulator: OdooSimulator, count: number): Promise<readonly Linked[]> {
  const { db } = setup.bridge.context;
  const model = await appPerson(setup.app.url).create('guests', { name: 'Guest 0' });
  const { id: partnerId, category_id } = await odooPerson(simulator).appears('Guest 0');
  const agreed = db
    .selectFrom('bases')
    .innerJoin('links', 'links.id', 'bases.link_id')
    .selectAll('bases')
    .where('app_id', '=', model)
    .where('entity', '=', 'guest');
  const base = await waitUntil('the first is linked', () => agreed.executeTakeFirst());
  await loseWebhooks(setup, simulator);
  // The poll of the start may be at work still: it would find some of them before their links are there.
  await setup.bridge.schedule.pollNow();
  const linked: Linked[] = [{ appId: model, partnerId }];
  for (let number = 1; number < count; number += 1) {
    const values = { name: `Guest ${number}`, category_id: [[6, 0, category_id as number[]]], lang: false };
    const id = await simulator.asPerson().create('res.partner', values);
    linked.push({ appId: String(Number(model) + number), partnerId: id });
  }
  const [first, ...others] = linked;
  const rows = JSON.stringify(
    others.map((one, index) => {
      const name = `Guest ${index + 1}`;
      const [app, odoo] = [base.app, base.odoo].map((values) => digestRecord({ ...(values as CanonicalRecord), name }));
      return { ...one, name, app, odoo };
    }),
  );
  await inDatabase(setup.appDatabaseUrl, async (client) => {
    await client.query(
      `insert into travel_app.records (collection, id, fields, updated_at)
       select model.collection, r."appId", model.fields || jsonb_build_object('name', r.name), model.updated_at
       from jsonb_to_recordset($1::jsonb) as r("appId" text, name text), travel_app.records model
       where model.collection = 'guests' and model.id = $2`,
      [rows, first?.appId],
    );
    await client.query(`update travel_app.id_counters set last_id = last_id + $1 where collection = 'guests'`, [count]);
  });
  await inDatabase(setup.config.DATABASE_URL ?? '', async (client) => {
    await client.query(
      `with made as (
         insert into links (entity, app_id, odoo_model, odoo_id)
         select 'guest', r."appId", 'res.partner', r."partnerId"
         from jsonb_to_recordset($1::jsonb) as r("appId" text, "partnerId" integer) returning id, app_id)
       insert into bases (link_id, app, odoo, app_digest, odoo_digest, app_stamp, odoo_stamp, mapping)
       select made.id, b.app || jsonb_build_object('name', r.name), b.odoo || jsonb_build_object('name', r.name),
         r.app, r.odoo, b.app_stamp, b.odoo_stamp, b.mapping
       from made join jsonb_to_recordset($1::jsonb) as r("appId" text, name text, app text, odoo text)
         on r."appId" = made.app_id, bases b
       where b.link_id = $2`,
      [rows, base.link_id],
    );
    await client.query('analyze links, bases');
  });
  return linked;
}

export async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
