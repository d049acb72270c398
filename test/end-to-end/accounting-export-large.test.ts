/** A hundred thousand lines in little memory, and an Odoo that goes away in between: a server in Odoo's place tells them. */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import t from 'tap';
import { createTestDatabase } from '../support/postgres.ts';
import { type Args, type StubMethod, searchRead, startStubOdoo } from '../support/stub-odoo.ts';

t.setTimeout(280_000);

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
/** Of three lines each. */
const INVOICES = 33_334;
const PERIOD = ['--from', '2026-01-01', '--to', '2026-12-31'];
const account = (id: number, code: string, account_type: string) => ({
  id,
  code,
  name: `Account ${code}`,
  account_type,
});

const FIXED: Readonly<Record<string, StubMethod>> = {
  // Which database it is.
  'res.lang.search_read': searchRead([{ id: 1, create_date: '2026-01-01 00:00:00' }]),
  'ir.config_parameter.search_read': searchRead([{ id: 1, value: 'd2f1' }]),
  'res.users.context_get': () => ({ uid: 2, lang: 'fr_FR' }),
  'res.users.search_read': searchRead([{ id: 2, company_id: 1, lang: 'fr_FR' }]),
  'res.company.search_read': searchRead([{ id: 1, name: 'Voyages', vat: false, currency_id: 1 }]),
  'res.currency.search_read': searchRead([{ id: 1, name: 'EUR' }]),
  'account.account.fields_get': () => ({ account_type: { type: 'selection' } }),
  'account.account.search_read': searchRead([
    account(1, '411100', 'asset_receivable'),
    account(2, '445710', 'liability_current'),
    account(3, '706000', 'income'),
  ]),
  'account.journal.search_read': searchRead([{ id: 1, code: 'FAC', name: 'Factures', type: 'sale', active: true }]),
  'res.partner.search_read': (args) =>
    searchRead((domainValue(args, 'in') as number[]).map((id) => ({ id, ref: false, name: `Client ${id}` })))(args),
};

/** Invoice number n, of 0.12 for each n: nothing is stored, all is computed from the number. */
function books(count: number): Readonly<Record<string, StubMethod>> {
  return {
    ...FIXED,
    'account.move.search_count': () => count,
    'account.move.search_read': (args) => {
      const last = lastId(args);
      const numbers = Array.from(
        { length: Math.min(Number(args.limit), count - last) },
        (_, index) => last + index + 1,
      );
      return numbers.map((id) => ({
        id,
        name: `FAC/2026/${String(id).padStart(6, '0')}`,
        move_type: 'out_invoice',
        date: '2026-06-30',
        invoice_date: '2026-06-30',
        ref: false,
        journal_id: 1,
        amount_untaxed_signed: (id * 10) / 100,
        amount_tax_signed: (id * 2) / 100,
        amount_total_signed: (id * 12) / 100,
      }));
    },
    'account.move.line.search_read': (args) =>
      searchRead((domainValue(args, 'in') as number[]).flatMap((move) => linesOf(move)))(args),
  };
}

function linesOf(move_id: number) {
  const line = (index: number, account_id: number, debit: number, credit: number, tax: number | false) => ({
    id: move_id * 3 + index,
    move_id,
    account_id,
    partner_id: 100 + (move_id % 1_000),
    name: `Voyage ${move_id}`,
    debit: debit / 100,
    credit: credit / 100,
    amount_currency: (debit - credit) / 100,
    currency_id: 1,
    tax_line_id: tax,
  });
  return [line(0, 1, move_id * 12, 0, false), line(1, 2, 0, move_id * 2, 1), line(2, 3, 0, move_id * 10, false)];
}

function domainValue({ domain }: Args, operator: string): unknown {
  return (domain as unknown[])
    .filter(Array.isArray)
    .find(([field, found]) => field !== 'move_type' && found === operator)?.[2];
}

function lastId({ domain }: Args): number {
  const condition = (domain as unknown[])
    .filter(Array.isArray)
    .find(([field, operator]) => field === 'id' && operator === '>');
  return Number(condition?.[2] ?? 0);
}

t.test('the command, in a small heap', async (t) => {
  const odoo = await startStubOdoo(t, books(INVOICES));
  const { url: DATABASE_URL } = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'export-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ODOO_URL: odoo.url,
    ODOO_DB: odoo.database,
    ODOO_USERNAME: odoo.username,
    ODOO_API_KEY: odoo.apiKey,
    APP_URL: 'http://127.0.0.1:1',
    APP_API_TOKEN: 'unused',
    DATABASE_URL,
    DATA_DIR: folder,
  };
  const file = join(folder, 'year.txt');
  const args = ['--max-old-space-size=48', CLI, 'export', 'accounting', ...PERIOD, '--output', file, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const total = ((INVOICES * (INVOICES + 1)) / 2) * 12;
  const debit = `${Math.floor(total / 100)}.${String(total % 100).padStart(2, '0')}`;
  t.same(JSON.parse(stdout), { file, entries: INVOICES, lines: INVOICES * 3, debit, credit: debit, currency: 'EUR' });
  let lines = 0;
  let last = '';
  for await (const line of createInterface({ input: createReadStream(file) })) {
    lines += 1;
    last = line;
  }
  t.equal(lines, INVOICES * 3 + 1);
  t.match(last, /^FAC\tFactures\tFAC\/2026\/033334\t20260630\t706000\t/);
  t.same(
    (await readdir(folder)).filter((name) => name.startsWith('export-')),
    [],
    'nothing is left of the file in between',
  );
  t.ok(odoo.calls.length < 900, `${odoo.calls.length} calls`);
  const contexts = new Set(
    odoo.calls.filter(({ name }) => name.startsWith('account.')).map(({ args }) => JSON.stringify(args.context)),
  );
  t.ok([...contexts].every((context) => /"allowed_company_ids":\[1\]/.test(context) && /"lang":"fr_FR"/.test(context)));
});
