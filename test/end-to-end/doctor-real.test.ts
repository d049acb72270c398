/** `bridge doctor` with real Odoos: what the simulator does not have (the books), other users, and version 14. */
import t, { type Test } from 'tap';
import { appPerson, type OdooPerson, odooPerson } from '../../sandbox/people/people.ts';
import { runSetup } from '../../src/setup-odoo.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { runDoctor } from '../support/doctor.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

t.test('Odoo 19', async (t) => {
  const real = await realOdoo(t);
  if (real === null) return;
  const setup = await startBridge(t, { odoo: real, install: false });
  const admin = odooPerson(real);
  const before = await runDoctor(t, setup.environment);
  t.match(before.odoo_fields, { status: 'warn', detail: /travels/, remedy: /webhooks install/ });
  await install(setup);

  await t.test('an administrator: all is right', async (t) => {
    for (const ODOO_TRANSPORT of ['json2', 'xmlrpc']) {
      const checks = await runDoctor(t, { ...setup.environment, ODOO_TRANSPORT });
      for (const [name, { status, detail }] of Object.entries(checks)) t.equal(status, 'ok', `${name}: ${detail}`);
    }
  });

  await t.test('a user of few rights: each is named, with the group that gives it', async (t) => {
    const bot = await real.createUser({ login: 'bot', groups: ['base.group_user'] });
    const checks = await runDoctor(t, {
      ...setup.environment,
      ODOO_USERNAME: bot.username,
      ODOO_API_KEY: bot.apiKey,
    });
    const rights = {
      contacts: [/write, create res\.partner\b/, /Contact\/Creation/, /base\.group_partner_manager/],
      apartments: [/write, create product\.template\b/, /Products\/Create/, /product\.group_product_manager/],
      travels: [/read, write, create crm\.lead\b/, /Sales\/User/, /sales_team\.group_sale_salesman_all_leads/],
      mailings: [/create mailing\.list\b/, /Email Marketing\/User/, /mass_mailing\.group_mass_mailing_user/],
      invoices: [/read, write, create account\.move\b/, /Accounting\/Invoicing/, /account\.group_account_invoice/],
    };
    for (const [name, [right, words, group]] of Object.entries(rights)) {
      const check = checks[`odoo_rights_${name}`];
      t.match(check, { status: 'fail', detail: right, remedy: group });
      t.match(check?.detail, words, 'in the words of Odoo');
    }
    t.match(checks.odoo_rights_documents, { status: 'ok' });
    t.match(checks.odoo_key_expiry, { status: 'ok' }, 'he may read about his own keys');
    t.match(checks.odoo_webhooks, { status: 'warn', detail: /may not look at automations/ });
    t.match(checks.odoo_chart, { status: 'warn', detail: /odoo_rights_invoices/ });

    const groups = ['base.group_partner_manager', 'product.group_product_manager', 'account.group_account_invoice'];
    const able = await real.createUser({
      login: 'able',
      groups: [
        ...['base.group_user', 'sales_team.group_sale_salesman_all_leads', 'mass_mailing.group_mass_mailing_user'],
        ...groups,
      ],
    });
    const now = await runDoctor(t, { ...setup.environment, ODOO_USERNAME: able.username, ODOO_API_KEY: able.apiKey });
    for (const [name, { status, detail }] of Object.entries(now)) {
      t.equal(status, name === 'odoo_webhooks' ? 'warn' : 'ok', `with all of these groups ${name}: ${detail}`);
    }
  });

  await t.test('a key that ends soon', async (t) => {
    await real.lab.psql(`update res_users_apikeys set expiration_date = now() at time zone 'utc' + interval '3 days'`);
    t.match((await runDoctor(t, setup.environment)).odoo_key_expiry, {
      status: 'warn',
      detail: /The API key ends on /,
    });
    await real.lab.psql('update res_users_apikeys set expiration_date = null');
  });

  await t.test('the books', (t) => checkBooks(t, setup, admin));
});

async function install(setup: TestSetup): Promise<void> {
  const config = { ...setup.config, BRIDGE_PUBLIC_URL: setup.bridge.url };
  await runSetup({ ...setup.bridge.context, config }, 'install');
}

async function checkBooks(t: Test, setup: TestSetup, admin: OdooPerson): Promise<void> {
  const look = (more = {}) => runDoctor(t, { ...setup.environment, ...more });
  const find = async (model: string, domain: readonly unknown[], fields: readonly string[]) => {
    const args = { domain: domain as never, fields: [...fields], load: '' };
    return (await admin.call(model, 'search_read', args)) as Record<string, number>[];
  };
  t.match((await look({ ODOO_SALES_JOURNAL: 'NOPE' })).odoo_journal, {
    status: 'fail',
    detail: /no sales journal of the short code NOPE; it has INV/,
    remedy: /ODOO_SALES_JOURNAL/,
  });
  const app = appPerson(setup.app.url);
  const customer = { entity: 'guest', id: await app.create('guests', { name: 'Lena Zahlt' }) };
  const lines = [{ description: 'Trip', quantity: '1', unit_price: '100.00', discount_percent: '0', tax_percent: '7' }];
  await app.create('invoices', { customer, currency: 'EUR', lines });
  t.match((await look()).odoo_taxes, {
    status: 'fail',
    detail: /lacks: 7\.00 %\. It has .*20\.00 %/,
    remedy: /Add the tax/,
  });

  const [journal] = await find('account.journal', [['code', '=', 'INV']], ['default_account_id']);
  const { id = 0, default_account_id: income = 0 } = journal ?? {};
  await admin.call('account.journal', 'write', { vals: { default_account_id: false } }, [id]);
  t.match((await look()).odoo_accounts, {
    status: 'fail',
    detail: /no account for income \(journal INV\)/,
    remedy: /journal/,
  });
  await admin.call('account.journal', 'write', { vals: { default_account_id: income } }, [id]);
  await admin.call('account.account', 'write', { vals: { active: false } }, [income]);
  t.match((await look()).odoo_accounts, { status: 'fail', detail: /The account for income .* no longer in use/ });
  await admin.call('account.account', 'write', { vals: { active: true } }, [income]);

  const made = (await admin.call('res.company', 'create', { vals_list: [{ name: 'Empty Ltd' }] })) as [number];
  const empty = await look({ ODOO_COMPANY_ID: String(made[0]) });
  t.match(empty.odoo_chart, { status: 'fail', detail: /no chart of accounts/, remedy: /Fiscal Localization/ });
  t.match(empty.odoo_taxes, { status: 'fail', detail: /no sales tax/ });
  t.match(empty.odoo_journal, { status: 'fail', detail: 'The company has no sales journal.' });
  t.match(empty.odoo_accounts, { status: 'warn', detail: /odoo_journal/ });
}

t.test('Odoo 14', async (t) => {
  const real = await realOdoo(t, { version: 14 });
  if (real === null) return;
  const setup = await startBridge(t, { odoo: real });
  const checks = await runDoctor(t, setup.environment);
  for (const [name, { status, detail }] of Object.entries(checks)) t.equal(status, 'ok', `${name}: ${detail}`);
  t.match(checks.odoo_webhooks, { detail: /the poller alone serves/ });
  const { body } = await bridgeCallers(setup).get('/healthz');
  t.match(body, { sides: { odoo: { reachable: true, version: '14.0' } } }, 'and health reaches it, too');
  const bot = await real.createUser({ login: 'bot', groups: ['base.group_user'] });
  const few = await runDoctor(t, { ...setup.environment, ODOO_USERNAME: bot.username, ODOO_API_KEY: bot.apiKey });
  t.match(few.odoo_rights_contacts, { status: 'fail', detail: /write, create res\.partner\. .*Contact/ });
  t.match(few.odoo_rights_travels, { status: 'fail', detail: /crm\.lead/ });
});
