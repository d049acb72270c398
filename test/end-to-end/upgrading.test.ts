/** docs/upgrading.md: a process goes on over a database that has become newer, and none begins on one. */
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { inDatabase } from '../support/many-links.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(120_000);

/** What a later version leaves behind: a migration of its own, and what it adds. */
const LATER = `
  insert into kysely_migration (name, timestamp) values ('9999_of_tomorrow', now()::text);
  alter table links add column of_tomorrow text;
  create table of_tomorrow (id bigint)`;

t.test('an old process goes on beside a new one; started again it says what to do', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const url = setup.config.DATABASE_URL ?? '';
  await inDatabase(url, (client) => client.query(LATER));
  t.equal((await fetch(`${setup.bridge.url}/readyz`)).status, 200);
  await appPerson(setup.app.url).create('guests', { name: 'Between Versions' });
  await odooPerson(simulator).appears('Between Versions');

  await t.rejects(setup.restart(), { code: 'database_is_newer', message: /9999_of_tomorrow/ });
  const { code, stderr } = await runCommand(setup.environment, 'serve');
  t.equal(code, 1);
  t.match(stderr, /migrated by a newer version of the bridge \(9999_of_tomorrow\)\.\nStart that version again/);
});

t.test('migrations are applied once, by whoever comes first', async (t) => {
  const { url } = await createTestDatabase(t, { empty: true });
  const [first, second] = await Promise.all([migrateToLatest(url), migrateToLatest(url)]);
  const applied = [...first, ...second];
  t.ok(applied.length > 0);
  t.equal(new Set(applied).size, applied.length, 'each once');
  t.same(await migrateToLatest(url), []);
});
