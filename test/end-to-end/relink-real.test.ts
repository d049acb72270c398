/** `bridge relink` on a real Odoo, by both protocols, also as a user who may look up no external ids and runs no actions. */
import t, { type Test } from 'tap';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { compareSides } from '../../sandbox/world/compare-sides.ts';
import { createContext } from '../../src/context.ts';
import { createLogger } from '../../src/logger.ts';
import { runSetup } from '../../src/setup-odoo.ts';
import { type RealOdoo, realOdoo } from '../support/odoo-lab.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { recover } from '../support/recover.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

const BOT_GROUPS = ['base.group_user', 'base.group_partner_manager', 'account.group_account_invoice'];

t.test('relink on a real Odoo', { timeout: 270_000 }, async (t) => {
  const real = await realOdoo(t);
  if (real === null) return;
  const bot = await real.createUser({ login: 'bot', groups: BOT_GROUPS });
  const odoo = { ...real, ...bot };
  const setup = await startBridge(t, {
    odoo,
    environment: { ODOO_TRANSPORT: 'json2' },
    install: false,
    webhooks: false,
  });
  await installAsAdministrator(setup, real);
  const [app, admin] = [appPerson(setup.app.url), odooPerson(real)];
  const tag = await admin.tagId('Guest');
  const settle = async () => {
    // Who asks while a poll is under way waits for its end: it may have listed already.
    await setup.bridge.schedule.pollNow();
    await setup.bridge.schedule.pollNow();
    await waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0, 60_000);
  };
  // The first ones come before it is known that the actions are there, whatever a bridge remembers for a minute.
  await setup.restart();
  await app.create('guests', { name: 'Made In The App' });
  await app.create('teachers', { name: 'Teaches', school: 'Lycée Un', email: 't@example.org' });
  await admin.create({ name: 'Made In Odoo', category_id: [[6, 0, [tag]]] });
  const archived = await app.create('guests', { name: 'Archived' });
  await settle();
  await app.archive('guests', archived);
  await settle();
  t.same((await compareSides(app, admin, '')).differences, [], 'before the disaster');
  await setup.bridge.stop();
  const [partner] = await admin.find('Made In Odoo');
  await admin.write(partner?.id ?? 0, { phone: 'meanwhile' });

  for (const transport of ['json2', 'xmlrpc']) {
    for (const [who, credentials] of [
      ['an administrator', real],
      ['an ordinary user without the set-up', bot],
    ] as const) {
      const lost = await createTestDatabase(t);
      const environment = {
        ...setup.environment,
        DATABASE_URL: lost.url,
        ODOO_TRANSPORT: transport,
        ODOO_USERNAME: credentials.username,
        ODOO_API_KEY: credentials.apiKey,
      };
      const { reports } = await recover(environment, { dryRun: true });
      const tied = reports.slice(0, 3).map((report) => report.tied);
      t.same(tied, [1, 0, 3], `${who}, over ${transport}: those with an external id`);
      t.match(reports[2], { unknown: { app: 0, odoo: 0 }, gone: { app: [], odoo: [] } });
      t.match(reports[2]?.differing, [{ fields: ['phone'] }]);
    }
  }

  const lost = await createTestDatabase(t);
  const { run } = await recover({ ...setup.environment, DATABASE_URL: lost.url });
  t.match(run, { status: 'done', parked: 0, held: 0, created: 0 });
  const { differences, pairs } = await compareSides(app, admin, '');
  t.same(differences, []);
  t.equal(pairs, 4, 'each once');
  t.match(await app.find('guests', 'Made In Odoo'), [{ phone: 'meanwhile' }]);
});

/** `bridge webhooks install`, with another user than the one that the bridge runs as. */
async function installAsAdministrator({ config, bridge }: TestSetup, { username, apiKey }: RealOdoo): Promise<void> {
  const logger = createLogger({ level: 'fatal', file: null, stdout: false });
  const administrator = { ODOO_USERNAME: username, ODOO_API_KEY: apiKey, BRIDGE_PUBLIC_URL: bridge.url };
  const context = await createContext({ ...config, ...administrator }, logger);
  try {
    await runSetup(context, 'install');
  } finally {
    await context.close();
  }
}

t.test('which Odoo it is, a real one tells everybody who may know', { timeout: 270_000 }, async (t: Test) => {
  const [real, other] = [await realOdoo(t), await realOdoo(t)];
  if (real === null || other === null) return;
  const setup = await startBridge(t, { odoo: real, webhooks: false });
  const bound = async () => (await setup.bridge.context.identity.bound()).odoo;
  const uuid = await real.lab.psql("select value from ir_config_parameter where key = 'database.uuid'");
  t.equal((await bound())?.uuid, uuid);
  await t.rejects(setup.restart({ ODOO_DB: other.database, ODOO_API_KEY: other.apiKey }), { code: 'other_odoo' });
  const bot = await real.createUser({ login: 'bot', groups: BOT_GROUPS });
  await setup.restart({ ODOO_USERNAME: bot.username, ODOO_API_KEY: bot.apiKey });
  t.equal((await bound())?.uuid, uuid, 'an ordinary user, too');
  await real.lab.psql("update ir_config_parameter set value = 'renewed' where key = 'database.uuid'");
  await t.rejects(setup.restart({ ODOO_USERNAME: bot.username, ODOO_API_KEY: bot.apiKey }), { code: 'other_odoo' });
});
