/** Campaigns: prepared, released, sent once, told back; and nobody is written to because of what is old. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { sendQueue } from '../support/mail-sink.ts';
import { MAILING, type MailOffice, waitUntil } from './mail-office.ts';

const BODY = '<p>See you in <a href="https://example.org/rome">Rome</a></p>';

export async function runCampaignScenarios(t: Test, office: MailOffice): Promise<void> {
  const { app, odoo, find, write, person, calm, poll, shows, mailings, sink, subscription, setup } = office;
  const members = await Promise.all(
    ['ada', 'bob', 'cleo', 'dora'].map((name) => person('guests', name, `${name}@example.org`)),
  );
  const list = await app.create('mailing-lists', { name: 'News', members });
  await waitUntil('all are on the list', async () => Object.keys(await office.subscribers('News')).length === 4);
  const optOut = async (name: string) => {
    const [contact] = await find('mailing.contact', [['email', '=', `${name}@example.org`]], ['id']);
    const [mine] = await find(subscription, [['contact_id', '=', Number(contact?.id)]], ['id']);
    await write(subscription, [Number(mine?.id)], { opt_out: true });
  };
  const prepare = (subject: string, fields = {}) =>
    app.create('campaigns', { subject, body_html: BODY, list_ids: [list], ...fields });
  const launched = async (subject: string, fields = {}) => {
    const id = await prepare(subject, fields);
    await app.act('campaigns', id, 'ready');
    await calm();
    return id;
  };
  const stateOf = async (subject: string) => (await mailings(subject)).map(({ state }) => state);

  const id = await prepare('Rome');
  await calm();
  await t.test('a draft is a draft in Odoo, and follows the app', async (t) => {
    await app.edit('campaigns', id, { subject: 'Rome 2026' });
    await calm();
    const [row, ...others] = await mailings('Rome 2026');
    t.same(others, []);
    t.match(row, { state: 'draft', body_html: /Rome/, body_arch: /Rome/, schedule_date: false });
    t.match(await app.look('campaigns', id), { odoo_state: 'draft', sent: 0 });
  });

  await t.test('ready, it is queued; each member gets it once, and who opted out does not', async (t) => {
    await optOut('bob');
    await odoo.call('mail.blacklist', 'create', { vals_list: [{ email: 'cleo@example.org' }] });
    await app.act('campaigns', id, 'ready');
    await shows('campaigns', id, { odoo_state: 'in_queue' });
    t.same(sink.received, [], 'Odoo sends when its clock says so');
    await sendQueue(odoo);
    t.same([...sink.received].sort(), ['ada@example.org', 'dora@example.org']);
    await poll();
    await shows('campaigns', id, { odoo_state: 'done', sent: 2, delivered: 2, opened: 0, bounced: 0 });
    await sendQueue(odoo);
    t.equal(sink.received.length, 2, 'and not again');
  });

  await t.test('what Odoo counts later is told by the next poll, whose calls do not grow', async (t) => {
    const [row] = await mailings('Rome 2026');
    const is14 = office.address.version === 14;
    const of = ['mass_mailing_id', '=', Number(row?.id)];
    const [trace, other] = await find('mailing.trace', [of, [is14 ? 'sent' : 'sent_datetime', '!=', false]], ['id']);
    const before = await find('mailing.mailing', [['id', '=', Number(row?.id)]], ['write_date']);
    await sleep(1_100);
    const at = '2026-11-25 10:00:00';
    const read = is14 ? { opened: at, clicked: at } : { trace_status: 'open', links_click_datetime: at };
    await write('mailing.trace', [Number(trace?.id)], read);
    await write('mailing.trace', [Number(other?.id)], is14 ? { bounced: at } : { trace_status: 'bounce' });
    t.same(
      await find('mailing.mailing', [['id', '=', Number(row?.id)]], ['write_date']),
      before,
      'its own stamp stays',
    );
    await poll();
    await shows('campaigns', id, { opened: 1, clicked: 1, bounced: 1, delivered: 1 });
    await calm();
    const one = await office.countCalls(poll);
    for (const number of [1, 2, 3, 4, 5]) await prepare(`Draft ${number}`);
    await calm();
    await poll();
    await calm();
    t.equal(await office.countCalls(poll), one, 'six campaigns cost as much as one');
  });

  await t.test('a campaign with a date waits in the queue of Odoo, and is cancelled there', async (t) => {
    const later = await launched('Oslo', { scheduled_at: '2036-01-01T10:00:00Z' });
    t.match(await mailings('Oslo'), [{ state: 'in_queue', schedule_date: '2036-01-01 10:00:00' }]);
    await app.act('campaigns', later, 'cancel');
    await shows('campaigns', later, { odoo_state: 'cancelled' });
    t.same(await stateOf('Oslo'), ['draft']);
  });

  await t.test('what somebody cancels in Odoo is not launched again', async (t) => {
    const stopped = await launched('Bern');
    const [row] = await mailings('Bern');
    await odoo.call('mailing.mailing', 'action_cancel', {}, [Number(row?.id)]);
    await poll();
    await shows('campaigns', stopped, { odoo_state: 'cancelled' });
    const { context } = setup.bridge;
    await context.links.markApp([{ entity: 'campaign', id: stopped }], 'mailing.mailing', 0);
    await calm();
    t.same(await stateOf('Bern'), ['draft']);
    // Nobody remembers: neither the link nor what both sides agreed on.
    await context.db.deleteFrom('links').where('entity', '=', 'campaign').execute();
    await office.resync('campaigns');
    t.same(await stateOf('Bern'), ['draft']);
  });

  await t.test('with the links lost, all are linked again and nothing is sent', async (t) => {
    const draft = await prepare('Never released');
    const released = await launched('Already there');
    await sendQueue(odoo);
    const count = sink.received.length;
    const { context } = setup.bridge;
    await context.db.deleteFrom('links').where('entity', 'in', ['campaign', 'mailing_list']).execute();
    await context.cursors.remove('sends:campaign');
    await office.resync('all');
    await poll();
    await calm();
    const rows = await find('mailing.mailing', [], MAILING);
    t.equal(rows.filter(({ subject }) => subject === 'Already there').length, 1, 'none is made a second time');
    t.match(await office.link('campaign', released), { state: 'active', odoo_id: Number });
    await sendQueue(odoo);
    t.equal(sink.received.length, count);
    // What is done from now on is new again.
    await app.act('campaigns', draft, 'ready');
    await shows('campaigns', draft, { odoo_state: 'in_queue' });
    await sendQueue(odoo);
    t.equal(sink.received.length, count + 2);
  });

  await t.test('a campaign waits for its lists', async (t) => {
    const guest = await person('guests', 'Emil', 'emil@example.org');
    const { context } = setup.bridge;
    // Nobody tells of the list.
    office.silence();
    const fresh = await prepare('Riga');
    await context.links.markApp([{ entity: 'campaign', id: fresh }], 'mailing.mailing', 0);
    await shows('campaigns', fresh, { odoo_state: 'draft' });
    await app.edit('mailing-lists', list, { members: [...members, guest] });
    await app.act('campaigns', fresh, 'ready');
    await context.links.markApp([{ entity: 'campaign', id: fresh }], 'mailing.mailing', 0);
    await shows('campaigns', fresh, { odoo_state: 'in_queue' });
    await sendQueue(odoo);
    t.ok(sink.received.includes('emil@example.org'), 'who was put on it last gets it, too');
  });
}
