import t, { type Test } from 'tap';
import {
  countJournalEntries,
  findBooks,
  type JournalEntry,
  listAccounts,
  listJournalEntries,
  listJournals,
  type Period,
} from '../../../../src/backends/odoo/endpoints/accounting.ts';
import { createContact } from '../../../../src/backends/odoo/endpoints/contacts.ts';
import { createInvoice, validateInvoice } from '../../../../src/backends/odoo/endpoints/invoicing.ts';
import { createCreditNote } from '../../../../src/backends/odoo/endpoints/settling.ts';
import { createJson2Transport } from '../../../../src/backends/odoo/json2-transport.ts';
import { createOdooClient, type OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../../../src/backends/odoo/xmlrpc-transport.ts';
import { eachTransport } from '../../../support/each-transport.ts';
import type { RealOdoo } from '../../../support/odoo-lab.ts';

t.setTimeout(280_000);

async function collect(odoo: OdooClient, period: Period): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of listJournalEntries(odoo, period)) entries.push(entry);
  return entries;
}

async function checkBooks(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const books = await findBooks(odoo);
  t.match(books, { companyId: 1, company: 'My Company', currency: 'EUR', lang: /^[a-z]{2}_[A-Z]{2}$/ });
  t.match((await listJournals(odoo)).map(({ type }) => type).sort(), [
    'bank',
    'general',
    'general',
    'general',
    'purchase',
    'sale',
  ]);
  const accounts = await listAccounts(odoo);
  t.match(
    accounts.find(({ code }) => code === '411100'),
    { type: 'asset_receivable', name: /./ },
  );

  // A year of its own for each protocol.
  const year = mark === 'json2' ? '2024' : '2023';
  const period = { from: `${year}-01-01`, to: `${year}-12-31` };
  const partner_id = await createContact(odoo, { name: `Ada ${mark}` });
  const post = async (invoice_date: string, unit_price: string) => {
    const lines = [{ description: 'Rome', unit_price, tax_percent: 20 }];
    const id = await createInvoice(odoo, { partner_id, invoice_date, ref: `order ${mark}`, lines });
    await validateInvoice(odoo, id);
    return id;
  };
  const first = await post(`${year}-06-02`, '10.01');
  const second = await post(`${year}-06-01`, '200');
  const third = await post(`${year}-06-02`, '3');
  const note = await createCreditNote(odoo, second, { date: `${year}-12-31` });
  await post(`${Number(year) - 2}-12-31`, '4');

  const entries = await collect(odoo, period);
  t.same(
    entries.map(({ id }) => id),
    [second, first, third, note.id],
    'by date, then number',
  );
  t.equal(await countJournalEntries(odoo, period), 4);
  t.match(entries[1], {
    type: 'out_invoice',
    date: `${year}-06-02`,
    invoiceDate: `${year}-06-02`,
    reference: `order ${mark}`,
    journal: { type: 'sale' },
    untaxed: '10.01',
    tax: '2',
    total: '12.01',
  });
  const [revenue, tax, receivable] = entries[1]?.lines ?? [];
  t.match(revenue, {
    debit: '0',
    credit: '10.01',
    amountCurrency: '-10.01',
    currency: 'EUR',
    label: 'Rome',
    isTax: false,
  });
  t.match(tax, { account: { code: /^4457/ }, credit: '2', isTax: true });
  t.match(receivable, {
    account: { code: '411100' },
    debit: '12.01',
    partner: { id: partner_id, name: `Ada ${mark}` },
  });
  t.equal(receivable?.reconciliation, null);
  t.match(entries[0]?.lines.at(-1)?.reconciliation, { id: /\d/, date: /^\d{4}-\d\d-\d\d$/ }, 'set off in full');
  t.match(entries[3], { type: 'out_refund', total: '-240' });

  t.same(
    (await collect(odoo, { ...period, to: `${year}-06-01` })).map(({ id }) => id),
    [second],
    'both days count',
  );
  t.same(await collect(odoo, { from: '2001-01-01', to: '2001-12-31' }), []);
  await t.rejects(collect(odoo, { ...period, to: 'x' }), { code: 'invalid_input', message: /"to"/ });
  await t.rejects(countJournalEntries(odoo, { ...period, from: 'x' }), { code: 'invalid_input', message: /"from"/ });
}

const BUSY_DAY = { from: '2019-05-05', to: '2019-05-05' };

/** More entries of one day than are read at once. @returns their ids */
async function makeBusyDay(odoo: OdooClient): Promise<readonly number[]> {
  const date = BUSY_DAY.from;
  const journal_id = Number((await listJournals(odoo)).find(({ type }) => type === 'general')?.id);
  const [one, other] = (await listAccounts(odoo)).filter(({ type }) => type === 'income');
  const line = (account_id: number, debit: number, credit: number) => [0, 0, { account_id, debit, credit, name: 'x' }];
  const line_ids = [line(Number(one?.id), 0.1, 0), line(Number(other?.id), 0, 0.1)];
  const ids = await odoo.create('account.move', Array(205).fill({ move_type: 'entry', date, journal_id, line_ids }));
  await odoo.transport.call({ model: 'account.move', method: 'action_post', ids });
  return ids;
}

let busyDay: readonly number[] | null = null;

async function checkPages(t: Test, odoo: OdooClient): Promise<void> {
  busyDay ??= await makeBusyDay(odoo);
  const entries = await collect(odoo, { ...BUSY_DAY, allEntries: true });
  t.same(new Set(entries.map(({ id }) => id)), new Set(busyDay), 'all of them');
  t.equal(entries.length, busyDay.length, 'once each');
  const numbers = entries.map(({ number }) => number);
  t.same(numbers, numbers.toSorted());
  t.ok(entries.every(({ lines }) => lines.length === 2));
  t.same(await collect(odoo, BUSY_DAY), [], 'none of them is an invoice');
}

async function checkCompanies(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const [company] = await odoo.create('res.company', [{ name: `Branch ${mark}` }]);
  const companyId = Number(company);
  await odoo.write('res.users', [await odoo.transport.userId()], { company_ids: [[4, companyId]] });
  t.match(await findBooks(odoo, companyId), { companyId, company: `Branch ${mark}` });
  t.match(await findBooks(odoo), { companyId: 1 }, "the user's own, by default");
  t.same(await listJournals(odoo, companyId), [], 'none of the other company');
  t.equal(await countJournalEntries(odoo, { from: '2000-01-01', to: '2099-12-31', companyId, allEntries: true }), 0);
  await t.rejects(findBooks(odoo, 999_999), { name: 'SetupError' });
}

/** They see the books, whatever else they may not. */
async function checkRights(t: Test, admin: OdooClient, mark: string, real: RealOdoo): Promise<void> {
  const period = { from: '2023-01-01', to: '2024-12-31', allEntries: true };
  const all = await collect(admin, period);
  const [create, group] =
    mark === 'json2'
      ? [createJson2Transport, 'account.group_account_invoice']
      : [createXmlrpcTransport, 'account.group_account_readonly'];
  const user = await real.createUser({ login: `accountant ${mark}`, groups: [group] });
  t.same(await collect(createOdooClient(create({ ...real, ...user })), period), all, group);
  const nobody = await real.createUser({ login: `nobody ${mark}`, groups: ['base.group_user'] });
  const refused = collect(createOdooClient(create({ ...real, ...nobody })), period);
  await t.rejects(refused, { name: 'SetupError', code: 'access_denied' });
}

eachTransport(t, async (t, odoo, mark, real) => {
  await t.test('the books', (t) => checkBooks(t, odoo, mark));
  await t.test('more than one page', (t) => checkPages(t, odoo));
  await t.test('rights', (t) => checkRights(t, odoo, mark, real));
  await t.test('companies', (t) => checkCompanies(t, odoo, mark));
});
