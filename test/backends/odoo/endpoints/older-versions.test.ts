/** What Odoo called otherwise before 19, against a server that has only the old names: no such version runs here. */
import t, { type Test } from 'tap';
import { listAccounts } from '../../../../src/backends/odoo/endpoints/accounting.ts';
import { markLost } from '../../../../src/backends/odoo/endpoints/crm.ts';
import { readStatistics } from '../../../../src/backends/odoo/endpoints/mailing.ts';
import { findSubscriptionModel } from '../../../../src/backends/odoo/endpoints/mailing-lists.ts';
import { createCreditNote } from '../../../../src/backends/odoo/endpoints/settling.ts';
import { createJson2Transport } from '../../../../src/backends/odoo/json2-transport.ts';
import { createOdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { type StubMethod, searchRead, startStubOdoo } from '../../../support/stub-odoo.ts';

async function open(t: Test, methods: Readonly<Record<string, StubMethod>>) {
  const stub = await startStubOdoo(t, methods);
  const called = (name: string) => stub.calls.filter((call) => call.name === name).map(({ args }) => args);
  return { odoo: createOdooClient(createJson2Transport(stub)), called };
}

t.test('the type of an account, before 16', async (t) => {
  const { odoo } = await open(t, {
    'res.users.context_get': () => ({ uid: 2 }),
    'res.users.search_read': searchRead([{ id: 2, company_id: 1 }]),
    'res.company.search_read': searchRead([{ id: 1, name: 'Voyages', currency_id: 1 }]),
    'res.currency.search_read': searchRead([{ id: 1, name: 'EUR' }]),
    'account.account.fields_get': () => ({ internal_type: { type: 'selection' } }),
    'account.account.search_read': searchRead([
      { id: 3, code: '411100', name: 'Clients', internal_type: 'receivable' },
    ]),
  });
  t.same(await listAccounts(odoo), [{ id: 3, code: '411100', name: 'Clients', type: 'receivable' }]);
});

t.test('the reason of a lost lead, before 16', async (t) => {
  const lead = { id: 7, name: 'Rome', type: 'lead', expected_revenue: 0, probability: 0, tag_ids: [], write_date: 'x' };
  const { odoo, called } = await open(t, {
    'crm.lost.reason.search_read': searchRead([{ id: 4, name: 'Too expensive' }]),
    'crm.lead.fields_get': () => ({}),
    'crm.lead.action_set_lost': () => true,
    'crm.lead.search_read': searchRead([lead]),
  });
  t.match(await markLost(odoo, 7, 'Too expensive'), { id: 7, active: false });
  t.same(called('crm.lead.action_set_lost'), [{ lost_reason: 4, ids: [7] }]);
});

t.test('credit notes, before 17', async (t) => {
  const amounts = { amount_untaxed: 1, amount_tax: 0, amount_total: 1, amount_residual: 0 };
  const move = { ...amounts, state: 'posted', write_date: 'x', journal_id: 2 };
  let made = false;
  const { odoo, called } = await open(t, {
    'account.move.search_read': searchRead([
      { ...move, id: 7, name: 'FAC/1', move_type: 'out_invoice' },
      { ...move, id: 8, name: 'RFAC/1', move_type: 'out_refund', reversed_entry_id: 7 },
    ]),
    'account.move.search': () => (made ? [8] : []),
    'account.move.reversal.fields_get': () => ({ refund_method: { type: 'selection' } }),
    'account.move.reversal.create': () => [1],
    'account.move.reversal.reverse_moves': () => {
      made = true;
    },
  });
  t.match(await createCreditNote(odoo, 7, { reason: 'x' }), { id: 8 });
  t.match(called('account.move.reversal.create'), [
    { vals_list: [{ refund_method: 'refund', journal_id: 2, reason: 'x' }] },
  ]);
});

t.test('members of a mailing list, before 17', async (t) => {
  const old = { subscription_list_ids: { type: 'one2many', relation: 'mailing.contact.subscription' } };
  const { odoo } = await open(t, { 'mailing.contact.fields_get': () => old });
  t.equal(await findSubscriptionModel(odoo), 'mailing.contact.subscription');
  const { odoo: unknown } = await open(t, { 'mailing.contact.fields_get': () => ({}) });
  await t.rejects(findSubscriptionModel(unknown), { name: 'SetupError', code: 'missing_field' });
});

t.test('statistics of a mailing, in 14', async (t) => {
  const counts = {
    expected: 3,
    scheduled: 0,
    sent: 2,
    delivered: 2,
    opened: 1,
    clicked: 0,
    replied: 0,
    bounced: 0,
    failed: 0,
  };
  const { odoo } = await open(t, {
    'mailing.mailing.fields_get': () => ({}),
    'mailing.mailing.search_read': searchRead([{ id: 7, state: 'done', ...counts, ignored: 1 }]),
  });
  t.same(await readStatistics(odoo, 7), { id: 7, state: 'done', ...counts, canceled: 1 });
});
