import t, { type Test } from 'tap';
import { odooPerson } from '../../../../sandbox/people/people.ts';
import {
  cancelMailing,
  createMailing,
  launchMailing,
  readMailing,
  readStatistics,
  sendTestMailing,
} from '../../../../src/backends/odoo/endpoints/mailing.ts';
import {
  addContactsToList,
  createMailingList,
  findSubscriptionModel,
  listSubscriptions,
} from '../../../../src/backends/odoo/endpoints/mailing-lists.ts';
import type { OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { eachTransport } from '../../../support/each-transport.ts';
import { startMailSink } from '../../../support/mail-sink.ts';
import type { RealOdoo } from '../../../support/odoo-lab.ts';

t.setTimeout(280_000);

async function checkLists(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const at = `${mark}.example.com`;
  const list = await createMailingList(odoo, `Parents ${mark}`);
  const first = [{ email: `Ada@${at}`, name: 'Ada' }, { email: ` ada@${at.toUpperCase()}` }, { email: `grace@${at}` }];
  t.same(await addContactsToList(odoo, list, first), { created: 2, added: 0, already: 0 });
  t.same(
    await addContactsToList(odoo, list, first),
    { created: 0, added: 0, already: 2 },
    'the second time does nothing',
  );
  const other = await createMailingList(odoo, `Teachers ${mark}`);
  const many = Array.from({ length: 501 }, (_, index) => ({ email: `person${index}@${at}` }));
  t.same(await addContactsToList(odoo, other, [...first, ...many]), { created: 501, added: 2, already: 0 });
  t.equal(await odoo.count('mailing.contact', [['email_normalized', 'like', at]]), 503, 'each is there once');

  const model = await findSubscriptionModel(odoo);
  const [ada] = await listSubscriptions(odoo, list);
  t.match(ada, { email: `ada@${at}`, opt_out: false });
  const mine = await odoo.search(model, [
    ['list_id', '=', list],
    ['contact_id', '=', Number(ada?.contact_id)],
  ]);
  await odoo.write(model, mine, { opt_out: true });
  t.same(await addContactsToList(odoo, list, first), { created: 0, added: 0, already: 2 });
  t.match(
    await listSubscriptions(odoo, list),
    [{ email: `ada@${at}`, opt_out: true }, { opt_out: false }],
    'she stays out',
  );
  await t.rejects(addContactsToList(odoo, list, [{ email: 'no address' }]), {
    code: 'invalid_input',
    message: /"email"/,
  });
}

async function checkMailings(t: Test, odoo: OdooClient, mark: string, real: RealOdoo): Promise<void> {
  const list = await createMailingList(odoo, `News ${mark}`);
  await addContactsToList(odoo, list, [{ email: `one@${mark}.example.com` }, { email: `two@${mark}.example.com` }]);
  const mailing = { subject: `Rome ${mark}`, body_html: '<p>Soon</p>', list_ids: [list], email_from: 'us@example.com' };
  const id = await createMailing(odoo, mailing);
  t.match(await readMailing(odoo, id), { id, state: 'draft', contact_list_ids: [list], schedule_date: null });
  const bodies = { model: 'mailing.mailing', method: 'read', ids: [id], args: { fields: ['body_html', 'body_arch'] } };
  t.match(await odoo.transport.call(bodies), [{ body_html: /Soon/, body_arch: /Soon/ }]);
  const sink = await startMailSink(t);
  await sink.serve(odooPerson(real, real.transport));
  await sendTestMailing(odoo, id, [`me@${mark}.example.com`, `you@${mark}.example.com`]);
  t.same(sink.received, [`me@${mark}.example.com`, `you@${mark}.example.com`], 'a test goes to who asked for it');
  t.match(await readMailing(odoo, id), { state: 'draft' });
  await t.rejects(sendTestMailing(odoo, 999_999_999, ['me@example.com']), { code: 'missing_record' });
  await t.rejects(sendTestMailing(odoo, id, ['nobody']), { code: 'invalid_input' });
  t.match(await launchMailing(odoo, id), { state: 'in_queue' });
  t.match(await launchMailing(odoo, id), { state: 'in_queue' });
  await real.lab.shell(`env['mailing.mailing'].browse(${id}).action_send_mail(); env.cr.commit()`);
  const done = await launchMailing(odoo, id);
  t.match(done, { state: 'done', sent_date: /^\d{4}/ }, 'one that was sent is left alone');
  const traces = await odoo.count('mailing.trace', [['mass_mailing_id', '=', id]]);
  t.equal(traces, 2, 'nobody was written to twice');
  t.match(await readStatistics(odoo, id), { id, state: 'done', expected: 2, opened: 0, canceled: 0 });
  t.match(await cancelMailing(odoo, id), { state: 'done' });

  const later = await createMailing(odoo, {
    ...mailing,
    reply_to: 'you@example.com',
    scheduled_at: '2036-01-01T10:00:00+02:00',
  });
  const scheduled = { state: 'in_queue', schedule_date: '2036-01-01 08:00:00' };
  t.match(await launchMailing(odoo, later), scheduled, 'waits for its day');
  t.match(await cancelMailing(odoo, later), { state: 'draft' });
  await t.rejects(readMailing(odoo, 999_999_999), { code: 'missing_record' });
  await t.rejects(readStatistics(odoo, 999_999_999), { code: 'missing_record' });
  await t.rejects(createMailing(odoo, { ...mailing, list_ids: [] }), { code: 'invalid_input', message: /"list_ids"/ });
}

eachTransport(t, async (t, odoo, mark, real) => {
  await t.test('lists', (t) => checkLists(t, odoo, mark));
  await t.test('mailings', (t) => checkMailings(t, odoo, mark, real));
});
