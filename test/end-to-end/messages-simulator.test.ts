/** WhatsApp messages with either module that sends them, and with none: with the simulator, over real HTTP. */
import t, { type Test } from 'tap';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import type { WhatsappModule } from '../../sandbox/odoo-simulator/whatsapp-modules.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { entities } from '../../src/entities/registry.ts';
import { sweep } from '../../src/sources/sweep.ts';
import { startLosingProxy } from '../support/losing-proxy.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(120_000);

async function open(t: Test, whatsapp?: WhatsappModule) {
  const odoo = await startOdooSimulator(whatsapp ? { whatsapp } : {});
  t.teardown(() => odoo.close());
  const proxy = await startLosingProxy(t, odoo.url);
  const environment = { ODOO_URL: proxy.url, ODOO_CALL_MAX_SECONDS: '10' };
  const setup = await startBridge(t, { odoo, environment });
  const app = appPerson(setup.app.url);
  const link = async (id: string) => {
    const query = setup.bridge.context.db.selectFrom('links').selectAll().where('entity', '=', 'message');
    const row = await query.where('app_id', '=', id).executeTakeFirst();
    return { ...row, error: (row?.error ?? null) as { code: string; message: string } | null };
  };
  const ada = await app.create('guests', { name: 'Ada', phone: '+33 6 12 34 56 78' });
  // What is there when the app is listed for the first time is old, and never sent.
  await setup.bridge.schedule.pollNow();
  await waitUntil('Ada is in Odoo', () => [...odoo.table('res.partner').values()].some(({ name }) => name === 'Ada'));
  return {
    odoo,
    proxy,
    setup,
    app,
    link,
    to: { entity: 'guest', id: ada },
    shows: (id: string, delivery_state: string) =>
      waitUntil(
        `it is ${delivery_state}`,
        async () => {
          const record = await app.look('messages', id);
          return record.delivery_state === delivery_state ? record : undefined;
        },
        20_000,
        50,
      ),
    parked: (id: string, code: string) =>
      waitUntil(
        `it is parked as ${code}`,
        async () => {
          const { state, error } = await link(id);
          return state === 'parked' && error?.code === code ? error : undefined;
        },
        40_000,
        50,
      ),
  };
}

const rows = (odoo: OdooSimulator, model: string) => [...odoo.table(model).values()];

t.test('Odoo Enterprise', async (t) => {
  const { odoo, app, to, shows, parked, proxy, setup } = await open(t, 'enterprise');
  const person = odoo.asPerson();
  const template = await person.create('whatsapp.template', { name: 'welcome', status: 'approved' });
  await person.create('whatsapp.template', { name: 'unfinished', status: 'draft' });
  const send = (fields = {}) =>
    app.create('messages', { to, template: 'welcome', variables: { 2: '3 days', 1: 'Rome' }, ...fields });

  const id = await send();
  await shows(id, 'outgoing');
  const [message] = rows(odoo, 'whatsapp.message');
  const partner = rows(odoo, 'res.partner').find(({ name }) => name === 'Ada');
  t.match(message, {
    mobile_number: '+33 6 12 34 56 78',
    wa_template_id: template,
    words: 'Rome|3 days',
    about: `res.partner [${partner?.id}]`,
  });
  await person.write('whatsapp.message', Number(message?.id), { state: 'error', failure_reason: 'no such number' });
  await setup.bridge.schedule.pollNow();
  t.match(await shows(id, 'error'), { failure_reason: 'no such number' });

  await t.test('a message is sent once, whatever becomes of the answer', async (t) => {
    proxy.loseNext('action_send_whatsapp_template');
    const unheard = await send({ variables: { 1: 'unheard' } });
    const { message } = await parked(unheard, 'sending_unanswered');
    t.match(message, /not sent again/);
    await setup.bridge.context.links.markApp([{ entity: 'message', id: unheard }], 'whatsapp.message', 0);
    await parked(unheard, 'sending_unanswered');
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    t.equal(rows(odoo, 'whatsapp.message').filter(({ words }) => words === 'unheard').length, 1);
    proxy.loseNext('whatsapp.composer/create');
    const retried = await send({ variables: { 1: 'retried' } });
    await shows(retried, 'outgoing');
    t.equal(
      rows(odoo, 'whatsapp.message').filter(({ words }) => words === 'retried').length,
      1,
      'a dialogue sends nothing',
    );
  });

  await t.test('who cannot be written to is told of', async (t) => {
    const dumb = await app.create('guests', { name: 'Dumb' });
    await parked(await send({ to: { entity: 'guest', id: dumb } }), 'no_phone');
    await parked(await send({ template: 'unfinished' }), 'unknown_template');
    await parked(await send({ variables: { name: 'Ada' } }), 'variables_not_numbered');
    await parked(await send({ to: null, phone: '+33 1 23 45 67 89' }), 'message_without_record');
    await parked(await app.create('messages', { to }), 'message_without_template');
    const unwilling = await app.create('guests', { name: 'Una', phone: '0033 6 99 99 99 99' });
    await person.create('phone.blacklist', { number: '+33699999999' });
    await parked(await send({ to: { entity: 'guest', id: unwilling } }), 'phone_blacklisted');
    const elsewhere = await send({ to: null, phone: '+33 1 23 45 67 89', about: to, variables: {} });
    await shows(elsewhere, 'outgoing');
    t.ok(rows(odoo, 'whatsapp.message').some(({ mobile_number }) => mobile_number === '+33 1 23 45 67 89'));
  });

  await t.test('with the links lost nothing is sent a second time', async () => {
    const count = rows(odoo, 'whatsapp.message').length;
    const { context, schedule } = setup.bridge;
    await context.db.deleteFrom('links').where('entity', '=', 'message').execute();
    await context.cursors.remove('sends:message');
    await context.cursors.remove('poll:app:message');
    await schedule.pollNow();
    await waitUntil('all is done', async () => (await context.reports.queue()).depth === 0, 20_000);
    t.equal(rows(odoo, 'whatsapp.message').length, count);
  });
  t.same(
    odoo.unknownCalls.filter((call) => !call.startsWith('simulator:')),
    [],
  );
});

t.test('mail_gateway_whatsapp of the OCA', async (t) => {
  const { odoo, app, to, shows, parked, setup } = await open(t, 'oca');
  const person = odoo.asPerson();
  const welcome = { name: 'welcome', body: 'See you soon', state: 'approved' };
  await person.create('mail.whatsapp.template', welcome);
  const id = await app.create('messages', { to, template: 'welcome' });
  await waitUntil('its gateway is missed', async () => {
    const row = await setup.bridge.context.db
      .selectFrom('links')
      .select('error')
      .where('entity', '=', 'message')
      .executeTakeFirst();
    return row?.error?.code === 'whatsapp_no_gateway';
  });
  await person.create('mail.gateway', { name: 'ours', gateway_type: 'whatsapp' });
  await setup.bridge.context.links.markApp([{ entity: 'message', id }], 'whatsapp.message', 0);
  await shows(id, 'sent');
  t.match(rows(odoo, 'mail.message'), [{ body: 'See you soon', gateway_type: 'whatsapp' }]);
  await parked(await app.create('messages', { to, template: 'welcome', variables: { 1: 'Rome' } }), 'no_variables');
  const [notification] = rows(odoo, 'mail.notification');
  const failed = { notification_status: 'exception', gateway_failure_reason: 'blocked' };
  await person.write('mail.notification', Number(notification?.id), failed);
  await sweep({ ...setup.bridge.context, now: Date.now }, entities);
  t.match(await shows(id, 'exception'), { failure_reason: 'blocked' });
});

t.test('without such a module a message says so, and the others go on', async (t) => {
  const { odoo, app, to, parked, setup, link } = await open(t);
  const id = await app.create('messages', { to, template: 'welcome' });
  const { message } = await parked(id, 'whatsapp_not_installed');
  t.match(message, /no WhatsApp module/);
  await app.edit('guests', to.id, { phone: '+33 6 00 00 00 00' });
  await waitUntil('people go on', () => rows(odoo, 'res.partner').some(({ phone }) => phone === '+33 6 00 00 00 00'));
  await setup.bridge.schedule.pollNow();
  t.match(await link(id), { state: 'parked' });
  t.equal((await setup.bridge.context.reports.queue()).depth, 0);
});
