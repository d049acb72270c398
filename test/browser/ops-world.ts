/** A bridge with something of everything: equal records, a conflict, parked, held and matched ones, a certificate. */
import { sql } from 'kysely';
import pg from 'pg';
import type { Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { entities } from '../../src/entities/registry.ts';
import { sweep } from '../../src/sources/sweep.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startBridge } from '../support/start-bridge.ts';

export type OpsWorld = Awaited<ReturnType<typeof startOpsWorld>>;

export async function startOpsWorld(t: Test, environment: Readonly<Record<string, string>> = {}) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, environment });
  const [app, odoo] = [appPerson(setup.app.url), odooPerson(simulator)];
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0, 20_000);
  const whileAway = async (edits: () => Promise<unknown>) => {
    await calm();
    await setup.bridge.stop();
    await edits();
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await calm();
  };
  /** Behind the bridge's back: no webhook tells of it. */
  const query = async (text: string, values: readonly unknown[]) => {
    const client = new pg.Client(setup.appDatabaseUrl);
    await client.connect();
    await client.query(text, [...values]);
    await client.end();
  };
  const post = async (path: string, body: Fields = {}) => {
    const answer = await bridgeCallers(setup).post(path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status}`);
    return answer.body;
  };
  /** What happened in some seconds looks like a busy hour. */
  const spreadOverHour = async () => {
    const { db } = setup.bridge.context;
    const earlier = (id: 'id') => sql`now() - make_interval(secs => 30 + ${sql.ref(id)} * 7919 % 3400)`;
    await sql`update deliveries set received_at = ${earlier('id')} where look_at is null`.execute(db);
    await sql`update sync_logs set at = ${earlier('id')}
      where link_id not in (select link_id from conflicts)`.execute(db);
  };
  return { simulator, setup, app, odoo, calm, whileAway, query, post, spreadOverHour };
}

const TEACHERS = [
  ['Ada Lovelace', 'Lyon'],
  ['Émilie du Châtelet', 'Cirey'],
  ['Sophie Germain', 'Paris'],
  ['Mary <script>alert(1)</script> Somerville', 'Jedburgh'],
  ['Maria Agnesi', 'Milano'],
  ['Hedwig Born', 'Göttingen'],
] as const;

const GUESTS = ['Luc Aubert', 'Nina Bloch', 'Omar Cherif', 'Paula Diaz', 'Quentin Évrard', 'Rita Fabre'].concat(
  'Samir Gallo',
  'Tess Hubert',
  'Ugo Imbert',
);

/** @returns ids of the app of those that tests look for */
export async function stirUp({ app, odoo, calm, whileAway, query, setup }: OpsWorld) {
  const teachers: string[] = [];
  for (const [name, city] of TEACHERS) {
    teachers.push(
      await app.create('teachers', { name, city, email: `${city.slice(0, 3)}@example.org`, country: 'FR' }),
    );
  }
  const guests: string[] = [];
  for (const name of GUESTS) guests.push(await app.create('guests', { name, phone: '+33 4 72 00 00 00' }));
  const tenants: string[] = [];
  for (const name of ['Lou Martin', 'Ines Faure', 'Noé Petit']) tenants.push(await app.create('tenants', { name }));
  await odoo.create({ name: 'Anna Alt', email: 'anna@example.org' });
  const matched = await app.create('guests', { name: 'Anna Neu', email: 'anna@example.org' });
  const refused = await app.create('teachers', { name: 'Vera Rubin', country: 'FR', vat: 'FR00000000000' });
  await calm();
  const [partner] = await odoo.find('Ada Lovelace');
  if (!partner) throw new Error('Ada Lovelace is not in Odoo');
  await whileAway(async () => {
    // What no form lets in, but an import may.
    const bell = `fields = fields || jsonb_build_object('city', chr(7) || 'Nîmes'), updated_at = now()`;
    await query(`update travel_app.records set ${bell} where collection = 'tenants' and id = $1`, [tenants[0]]);
    // Odoo's stamps are whole seconds: an edit in that of the bridge's own write proves nothing.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await odoo.write(partner.id, { phone: '+33 4 11 11 11 11', city: 'Marseille' });
    // More than the clocks are uncertain by, on a busy machine too.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await app.edit('teachers', teachers[0] ?? '', { phone: '+33 4 22 22 22 22' });
    await Promise.all(guests.slice(0, 7).map((id) => app.archive('guests', id)));
  });
  await sweep({ ...setup.bridge.context, now: Date.now }, entities);
  await calm();
  return { teacher: teachers[0] ?? '', script: teachers[3] ?? '', matched, refused, partner: partner.id };
}
