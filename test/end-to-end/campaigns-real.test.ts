import t from 'tap';
import { sendQueue } from '../support/mail-sink.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { runCampaignScenarios } from './campaigns.ts';
import { openMailOffice, waitUntil } from './mail-office.ts';

t.setTimeout(280_000);

t.test('as a user who may do no more than mailings and contacts', async (t) => {
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  const office = await openMailOffice(t, odoo);
  const { app, setup, shows, sink, person } = office;
  const groups = ['base.group_partner_manager', 'mass_mailing.group_mass_mailing_user'];
  const bot = await odoo.createUser({ login: 'bot', groups });
  const [user] = (await office.find('res.users', [['login', '=', 'bot']], ['login'])) ?? [];
  await office.write('res.users', [Number(user?.id)], { email: 'bot@example.org' });
  await setup.restart({ ODOO_USERNAME: bot.username, ODOO_API_KEY: bot.apiKey });
  const members = [await person('guests', 'Ada', 'ada@example.org'), await person('guests', 'Bob', 'bob@example.org')];
  const list = await app.create('mailing-lists', { name: 'News', members });
  const campaign = { subject: 'Rome', body_html: '<p>Soon</p>', list_ids: [list] };
  const id = await app.create('campaigns', campaign);
  await app.act('campaigns', id, 'ready');
  await shows('campaigns', id, { odoo_state: 'in_queue' });
  await sendQueue(office.odoo);
  t.same([...sink.received].sort(), ['ada@example.org', 'bob@example.org']);
  await app.edit('mailing-lists', list, { members: members.slice(0, 1) });
  await waitUntil('one is left', async () => Object.keys(await office.subscribers('News')).length === 1);
  t.same(
    await office.find('mailing.contact', [['email', '=', 'bob@example.org']], ['id']),
    [],
    'who is on no list goes',
  );
});

t.test('campaigns, with a real Odoo and a mail server', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  await runCampaignScenarios(t, await openMailOffice(t, odoo));
});
