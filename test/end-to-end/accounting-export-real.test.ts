/** The books of a real Odoo 19 with the French chart of accounts, as a download and by the command, beside Odoo's own FEC. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { createContact } from '../../src/backends/odoo/endpoints/contacts.ts';
import { createInvoice, type NewInvoice, validateInvoice } from '../../src/backends/odoo/endpoints/invoicing.ts';
import { createCreditNote } from '../../src/backends/odoo/endpoints/settling.ts';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import { createOdooClient, type OdooClient } from '../../src/backends/odoo/odoo-client.ts';
import { type RealOdoo, realOdoo } from '../support/odoo-lab.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const PERIOD = { from: '2026-03-01', to: '2026-03-31' };
const HEADER =
  'JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise';

interface Books {
  /** May see Odoo's own export. */
  readonly accountant: OdooClient;
  /** Numbers of the entries of the period, in the order of the books. */
  readonly numbers: readonly string[];
}

/** In March: three invoices, one in dollars, one taken back. Beside them what does not belong: a draft, April, a bill. */
async function makeBooks(real: RealOdoo): Promise<Books> {
  const accountant = await real.createUser({ login: 'accountant', groups: ['account.group_account_user'] });
  const odoo = createOdooClient(createJson2Transport(real));
  await odoo.write('res.company', [1], { vat: 'FR23334175221' });
  const [dollar] = await odoo.search('res.currency', [['name', '=', 'USD']], { archived: true });
  await odoo.restore('res.currency', [Number(dollar)]);
  await odoo.create('res.currency.rate', [{ name: '2026-01-01', rate: 1.1, currency_id: Number(dollar) }]);
  const partner_id = await createContact(odoo, { name: 'Lycée\tAmpère | "Lyon"', is_company: true });
  async function post(invoice: Omit<NewInvoice, 'partner_id'>, credited = false) {
    const id = await createInvoice(odoo, { partner_id, ...invoice });
    const { name } = await validateInvoice(odoo, id);
    return credited ? [name, (await createCreditNote(odoo, id, { date: '2026-03-20' })).name] : [name];
  }
  const trip = {
    description: 'Voyage à Rome\n3 jours; "tout compris"',
    quantity: 3,
    unit_price: '33.33',
    tax_percent: 20,
  };
  const insurance = { description: 'Assurance', unit_price: '4.99' };
  const late = await post({ invoice_date: '2026-03-31', lines: [trip, insurance], ref: 'BC-4711' });
  const dollars = await post({ invoice_date: '2026-03-05', lines: [trip], currency: 'USD' });
  const [wrong, credit] = await post(
    { invoice_date: '2026-03-10', lines: [trip, { ...insurance, unit_price: 0 }] },
    true,
  );
  await createInvoice(odoo, { partner_id, invoice_date: '2026-03-11', lines: [trip] });
  await post({ invoice_date: '2026-04-01', lines: [trip] });
  const bill = { move_type: 'in_invoice', partner_id, invoice_date: '2026-03-12' };
  const line = { name: 'Bus', quantity: 1, price_unit: 70, tax_ids: [[6, 0, []]] };
  const [billId] = await odoo.create('account.move', [{ ...bill, invoice_line_ids: [[0, 0, line]] }]);
  await odoo.transport.call({ model: 'account.move', method: 'action_post', ids: [Number(billId)] });
  return {
    accountant: createOdooClient(createJson2Transport({ ...real, ...accountant })),
    numbers: [dollars[0], wrong, credit, late[0]].map(String),
  };
}

/** What Odoo itself exports of the sales journal, in our spelling: no padding, nothing in the company's own currency. */
async function odooFec({ accountant: odoo }: Books): Promise<readonly string[][]> {
  const others = await odoo.search('account.journal', [['type', '!=', 'sale']], { archived: true });
  const values = {
    date_from: PERIOD.from,
    date_to: PERIOD.to,
    test_file: true,
    excluded_journal_ids: [[6, 0, others]],
  };
  const model = 'l10n_fr.fec.export.wizard';
  const ids = await odoo.create(model, [values]);
  const file = (await odoo.transport.call({ model, method: 'generate_fec', ids })) as { file_content: string };
  const [, ...rows] = file.file_content.split('\r\n').map((row) => row.replaceAll('""', '"').split('|'));
  return rows.map((row) => row.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')).map(respell));
}

function respell(cell: string, index: number, row: readonly string[]): string {
  if (index === 8 && cell === '-') return String(row[2]);
  if ([11, 12, 16].includes(index)) return row[17] === 'EUR' && index === 16 ? '' : cell.replace(/^(-?)0+(?=\d)/, '$1');
  return index === 17 && cell === 'EUR' ? '' : cell;
}

async function download(setup: TestSetup, body: object) {
  const response = await fetch(`${setup.bridge.url}/api/accounting/export`, {
    method: 'POST',
    headers: { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function command({ config }: TestSetup, ...args: string[]) {
  const names = [
    'ODOO_URL',
    'ODOO_DB',
    'ODOO_USERNAME',
    'ODOO_API_KEY',
    'APP_URL',
    'APP_API_TOKEN',
    'DATABASE_URL',
    'DATA_DIR',
  ] as const;
  const env = Object.fromEntries(names.map((name) => [name, String(config[name])]));
  const run = promisify(execFile)(process.execPath, [CLI, 'export', 'accounting', ...args], { env });
  return run.then(
    (output) => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

async function checkDownload(t: Test, setup: TestSetup, books: Books): Promise<void> {
  const { status, headers, text } = await download(setup, { ...PERIOD, format: 'fec' });
  t.equal(status, 200, status === 200 ? '' : text);
  t.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
  t.equal(headers.get('content-disposition'), 'attachment; filename="334175221FEC20260331.txt"');
  t.equal(headers.get('content-length'), String(Buffer.byteLength(text)));
  const anybody = await fetch(`${setup.bridge.url}/api/accounting/export`, { method: 'POST' });
  t.equal(anybody.status, 401, 'not without a token');
  const [header, ...rows] = text.split('\r\n').map((row) => row.split('\t'));
  t.equal(header?.join(' '), HEADER);
  t.same([...new Set(rows.map((row) => row[2]))], books.numbers, 'by date, then number; nothing that does not belong');
  t.ok(rows.every((row) => row.length === 18));
  const expected = await odooFec(books);
  t.equal(rows.length, expected.length);
  for (const [index, row] of rows.entries())
    t.same(
      row.map((cell) => cell.replaceAll('|', '/')),
      expected[index],
      `line ${index}`,
    );

  const csv = await download(setup, { ...PERIOD, format: 'csv' });
  t.match(csv.headers.get('content-type'), /^text\/csv/);
  t.equal(csv.headers.get('content-disposition'), 'attachment; filename="entries-2026-03-01-2026-03-31.csv"');
  t.match(csv.text, /"Voyage à Rome\n3 jours; ""tout compris"""/);
  const all = await download(setup, { ...PERIOD, format: 'csv', all_entries: true });
  t.notMatch(csv.text, /in_invoice/);
  t.match(all.text, /in_invoice/);
}

t.test('the accounting export', async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  const books = await makeBooks(real);
  for (const transport of ['json2', 'xmlrpc']) {
    const setup = await startBridge(t, {
      odoo: real,
      environment: { ODOO_TRANSPORT: transport },
      install: false,
      webhooks: false,
    });
    await t.test(`over ${transport}`, (t) => checkDownload(t, setup, books));
    if (transport === 'json2') await t.test('by the command', (t) => checkCommand(t, setup, real, books));
  }
});

async function checkCommand(t: Test, setup: TestSetup, real: RealOdoo, { numbers }: Books): Promise<void> {
  const folder = t.testdir({});
  const file = join(folder, 'march.txt');
  const period = ['--from', PERIOD.from, '--to', PERIOD.to];
  const plain = await command(setup, ...period);
  t.equal(plain.code, 0, plain.stderr);
  t.equal(plain.stdout, (await download(setup, { ...PERIOD, format: 'fec' })).text, 'the same bytes');
  t.match(plain.stderr, /^4 entries, 13 lines, debit = credit = \d+\.\d\d EUR\n$/);
  const saved = await command(setup, ...period, '--output', file, '--json');
  t.same([saved.code, saved.stderr], [0, '']);
  t.match(JSON.parse(saved.stdout), { file, entries: 4, lines: 13, debit: /^\d+\.\d\d$/, currency: 'EUR' });
  t.equal(await readFile(file, 'utf8'), plain.stdout);
  t.same(await readdir(folder), ['march.txt'], 'nothing beside it');

  for (const wrong of [
    ['--from', PERIOD.to, '--to', PERIOD.from],
    [...period, '--format', 'xml'],
  ]) {
    t.equal((await command(setup, ...wrong)).code, 2, wrong.join(' '));
  }
  const nowhere = await command(setup, ...period, '--output', join(folder, 'nowhere', 'x'));
  t.match(nowhere, { code: 1, stderr: /could not be written \(ENOENT\)/ });

  // One cent, past all that Odoo guards.
  const where = `where id = (select min(id) from account_move_line where debit > 0 and move_name = '${numbers[3]}')`;
  await real.lab.psql(`update account_move_line set debit = debit + 0.01 ${where}`);
  const refused = await download(setup, { ...PERIOD, format: 'csv' });
  t.equal(refused.status, 409);
  t.match(refused.headers.get('content-type'), /^application\/problem\+json/);
  const named = new RegExp(`balance: ${numbers[3]} \\(debit [\\d.]+, credit [\\d.]+\\)`);
  t.match(JSON.parse(refused.text), { code: 'unbalanced_entries', detail: named });
  const failed = await command(setup, ...period, '--output', join(folder, 'wrong.txt'));
  t.match(failed, { code: 1, stdout: '', stderr: named });
  const nothing = await command(setup, ...period);
  t.match(nothing, { code: 1, stdout: '' });
  t.same(await readdir(folder), ['march.txt'], 'nothing half done');
  await real.lab.psql(`update account_move_line set debit = debit - 0.01 ${where}`);
  t.equal((await download(setup, { ...PERIOD, format: 'csv' })).status, 200);
}
