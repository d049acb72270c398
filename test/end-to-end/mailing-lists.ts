/** Lists of the app are lists of Odoo, and whoever says no there is believed. */
import type { Test } from 'tap';
import type { MailOffice } from './mail-office.ts';
import { waitUntil } from './mail-office.ts';

export async function runListScenarios(t: Test, office: MailOffice): Promise<void> {
  const { app, odoo, find, write, person, calm, poll, shows, subscribers, subscription, link } = office;
  const list = (name: string, subscribed: Record<string, boolean>) =>
    waitUntil(`${name} is ${JSON.stringify(subscribed)}`, async () => {
      const now = JSON.stringify(await subscribers(name));
      return now === JSON.stringify(Object.fromEntries(Object.entries(subscribed).sort()));
    });
  const ada = await person('teachers', 'Ada Abc', ' Ada@Example.org ');
  const adaToo = await person('guests', 'Ada Abc', 'ada@example.ORG');
  const bob = await person('tenants', 'Bob Bcd', 'bob@example.org');
  const cleo = await person('guests', 'Cleo Cde', null);
  const dora = await person('guests', 'Dora Def', 'dora@example.org');

  const id = await app.create('mailing-lists', { name: 'Parents', members: [ada, adaToo, bob, cleo, dora] });
  await list('Parents', { 'ada@example.org': false, 'bob@example.org': false, 'dora@example.org': false });
  await calm();

  await t.test('each address is there once, and who has none is told of', async (t) => {
    t.equal((await find('mailing.contact', [['email_normalized', '=', 'ada@example.org']], ['id'])).length, 1);
    const { warnings } = await link('mailing_list', id);
    t.match(warnings, [
      { field: 'members', reason: `Not written to, no address that can be written to: 1 (guest ${cleo.id})` },
    ]);
    t.notMatch(JSON.stringify(warnings), /example\.org|Cleo/, 'no personal data');
    t.ok(
      (await office.logs('mailing_list', id)).some(({ message }) => message?.includes('no address')),
      'in the log, too',
    );
  });

  await t.test('who says no in Odoo stays out, whatever the app does', async () => {
    const [contact] = await find('mailing.contact', [['email', '=', 'ada@example.org']], ['id']);
    const [mine] = await find(subscription, [['contact_id', '=', Number(contact?.id)]], ['id']);
    await write(subscription, [Number(mine?.id)], { opt_out: true });
    await odoo.call('mail.blacklist', 'create', { vals_list: [{ email: 'bob@example.org' }] });
    await poll();
    await shows('mailing-lists', id, { opted_out: [adaToo, ada, bob] });
    await calm();
    await app.edit('mailing-lists', id, { members: [bob, dora] });
    await list('Parents', { 'ada@example.org': true, 'bob@example.org': false, 'dora@example.org': false });
    await app.edit('mailing-lists', id, { members: [ada, adaToo, bob, dora] });
    await calm();
    await list('Parents', { 'ada@example.org': true, 'bob@example.org': false, 'dora@example.org': false });
    await poll();
    await shows('mailing-lists', id, { opted_out: [adaToo, ada, bob] });
    const [entry] = await find('mail.blacklist', [['email', '=', 'bob@example.org']], ['id']);
    await odoo.call('mail.blacklist', 'action_archive', {}, [Number(entry?.id)]);
    await poll();
    await shows('mailing-lists', id, { opted_out: [adaToo, ada] });
  });

  await t.test('members follow the app: a new address, one who leaves, one who is put away', async (t) => {
    await app.edit('guests', dora.id, { email: 'Dora.New@example.org' });
    await list('Parents', { 'ada@example.org': true, 'bob@example.org': false, 'dora.new@example.org': false });
    await calm();
    t.same(
      await find('mailing.contact', [['email', '=', 'dora@example.org']], ['id']),
      [],
      'nothing is left of the old one',
    );
    await app.archive('tenants', bob.id);
    await list('Parents', { 'ada@example.org': true, 'dora.new@example.org': false });
    await calm();
    await app.edit('teachers', ada.id, { email: 'ada.new@example.org' });
    await list('Parents', {
      'ada@example.org': true,
      'ada.new@example.org': true,
      'dora.new@example.org': false,
    });
    t.comment('a new address does not take the no back');
    await calm();
  });

  await t.test('who was put on the list in Odoo stays, and is not told to the app', async (t) => {
    const [row] = await find('mailing.list', [['name', '=', 'Parents']], ['id']);
    const byHand = { name: 'Emil', email: 'emil@example.org', list_ids: [[4, Number(row?.id)]] };
    await odoo.call('mailing.contact', 'create', { vals_list: [byHand] });
    await app.edit('mailing-lists', id, { members: [dora], name: 'Parents of 2026' });
    await list('Parents of 2026', {
      'ada@example.org': true,
      'ada.new@example.org': true,
      'dora.new@example.org': false,
      'emil@example.org': false,
    });
    await calm();
    t.match(await app.look('mailing-lists', id), { members: [dora] });
  });

  await t.test('a list that is put away in the app is archived in Odoo', async () => {
    await app.archive('mailing-lists', id);
    await waitUntil('it is archived', async () => {
      const [row] = await find('mailing.list', [['name', '=', 'Parents of 2026']], ['active']);
      return row?.active === false;
    });
    await calm();
  });

  await t.test('a thousand members cost a few calls', async (t) => {
    const members = await Promise.all(
      Array.from({ length: 20 }, (_, index) => person('guests', `Many ${index}`, `many${index}@example.org`)),
    );
    await calm();
    const calls = await office.countCalls(async () => {
      await app.create('mailing-lists', { name: 'Many', members: members.slice(0, 2) });
      await list('Many', { 'many0@example.org': false, 'many1@example.org': false });
      await calm();
    });
    const more = await office.countCalls(async () => {
      await app.create('mailing-lists', { name: 'More', members });
      await waitUntil('all are there', async () => Object.keys(await subscribers('More')).length === 20);
      await calm();
    });
    t.ok(more <= calls + 2, `${calls} calls for 2 members, ${more} for 20`);
  });
}
