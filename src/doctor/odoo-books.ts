/**
 * What invoices need of Odoo's accounting: a chart, the taxes that the app uses, a sales journal, and the accounts that
 * the entries go to.
 */
import { z } from 'zod';
import { findFields } from '../backends/odoo/find-fields.ts';
import { createModelFacts, type ModelFacts } from '../backends/odoo/model-facts.ts';
import type { OdooTransport } from '../backends/odoo/transport.ts';
import { idList, many2one } from '../entities/codecs.ts';
import type { OdooValues } from '../entities/define-entity.ts';
import { findJournal, invoice } from '../entities/invoice.ts';
import { findTax, usableTaxes } from '../entities/invoice-taxes.ts';
import { decimal } from '../entities/money.ts';
import { describeError } from '../errors.ts';
import { type Finding, fail, ok, type Probe, Unmet } from './check.ts';
import type { Lab } from './lab.ts';
import { ODOO_ACCESS } from './odoo-checks.ts';
import { readFirst } from './read-app.ts';

const rows = z.array(z.looseObject({ id: z.number() }));

/** @throws Unmet where Invoicing is not installed, or not for this user */
async function readBooks(lab: Lab): Promise<{ transport: OdooTransport; facts: ModelFacts }> {
  const { transport } = await lab.odoo();
  const { ODOO_COMPANY_ID: companyId, ODOO_SALES_JOURNAL: salesJournal } = lab.inspected.settings;
  const facts = createModelFacts(transport, { username: lab.setting('ODOO_USERNAME'), companyId, salesJournal });
  await facts.load(invoice).catch(explainRefusal);
  return { transport, facts };
}

function explainRefusal(error: unknown): never {
  const { code } = describeError(error);
  if (code === 'missing_module' || code === 'missing_field') throw new Unmet('odoo_modules');
  if (code === 'access_denied') throw new Unmet('odoo_rights_invoices');
  throw error;
}

const chart: Probe = {
  name: 'odoo_chart',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport } = await readBooks(lab);
    const count = await transport
      .call({ model: 'account.account', method: 'search_count', args: { domain: [] } })
      .catch(explainRefusal);
    if (Number(count) > 0) return ok(`The company has a chart of ${Number(count)} accounts.`);
    return fail(
      'The company has no chart of accounts.',
      'Choose the country of the company, and a package under Invoicing, Configuration, Settings, Fiscal Localization.',
    );
  },
};

const taxes: Probe = {
  name: 'odoo_taxes',
  needs: [...ODOO_ACCESS, 'APP_URL', 'APP_API_TOKEN'],
  async look(lab) {
    const { facts } = await readBooks(lab);
    const known = percentages(usableTaxes(facts));
    if (known.length === 0) return fail('The company has no sales tax that invoices could get.', ADD_TAX);
    const missing = (await readTaxesInUse(lab)).filter((percent) => findTax(percent, facts).kind === 'missing');
    if (missing.length === 0) return ok(`The taxes that the app uses are there; Odoo has ${known.join(', ')} %.`);
    return fail(`The app uses taxes that Odoo lacks: ${missing.join(', ')} %. It has ${known.join(', ')} %.`, ADD_TAX);
  },
};

const ADD_TAX =
  'Add the tax in Odoo: a sales tax of the company, active, a percentage, not included in the price. Then retry the invoices.';

function percentages(taxes: readonly OdooValues[]): readonly string[] {
  const all = new Set(taxes.map(({ amount }) => decimal(amount) ?? ''));
  return [...all].sort((left, right) => Number(left) - Number(right));
}

const lineSchema = z.looseObject({ tax_percent: z.unknown() });

async function readTaxesInUse(lab: Lab): Promise<readonly string[]> {
  const percents = new Set<string>();
  for (const { lines } of await readFirst(lab, 'invoices')) {
    for (const line of Array.isArray(lines) ? lines : []) {
      const percent = decimal(lineSchema.safeParse(line).data?.tax_percent);
      if (percent !== null) percents.add(percent);
    }
  }
  return [...percents].sort((left, right) => Number(left) - Number(right));
}

const journal: Probe = {
  name: 'odoo_journal',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { facts } = await readBooks(lab);
    const found = salesJournal(facts);
    if (found) return ok(`Invoices go to the sales journal ${String(found.code)}.`);
    const wanted = facts.salesJournal === null ? '' : ` of the short code ${facts.salesJournal}`;
    const codes = salesJournals(facts).map(({ code }) => String(code));
    return fail(
      `The company has no sales journal${wanted}${codes.length > 0 ? `; it has ${codes.join(', ')}` : ''}.`,
      'Set ODOO_SALES_JOURNAL to the short code of a sales journal of the company, or leave it out for the first one.',
    );
  },
};

function salesJournals(facts: ModelFacts): readonly OdooValues[] {
  const company = facts.ownCompanyId();
  return facts.rows('account.journal').filter((row) => row.type === 'sale' && many2one(row.company_id) === company);
}

function salesJournal(facts: ModelFacts): OdooValues | undefined {
  return facts.salesJournal === null ? salesJournals(facts)[0] : findJournal(facts.salesJournal, facts);
}

/** The app names neither journals nor accounts: which ones its invoices go to is what these defaults of Odoo say. */
const accounts: Probe = {
  name: 'odoo_accounts',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport, facts } = await readBooks(lab);
    const used = salesJournal(facts);
    if (!used) throw new Unmet('odoo_journal');
    const found = await findAccounts(transport, facts, used).catch(explainRefusal);
    const missing = found.filter(({ id }) => id === null).map(({ what }) => what);
    const unused = await findUnused(
      transport,
      found.flatMap(({ id }) => id ?? []),
    ).catch(explainRefusal);
    return describeAccounts(
      missing,
      found.filter(({ id }) => id !== null && unused.has(id)).map(({ what }) => what),
    );
  },
};

function describeAccounts(missing: readonly string[], unused: readonly string[]): Finding {
  const remedy = 'Set the account in Odoo: in the journal, the tax, or the accounting settings of the company.';
  if (missing.length > 0) return fail(`There is no account for ${missing.join(', ')}.`, remedy);
  if (unused.length > 0) return fail(`The account for ${unused.join(', ')} is no longer in use.`, remedy);
  return ok('Income, customers and taxes of invoices each have an account that is in use.');
}

interface Account {
  readonly what: string;
  readonly id: number | null;
}

async function findAccounts(
  transport: OdooTransport,
  facts: ModelFacts,
  used: OdooValues,
): Promise<readonly Account[]> {
  const read = async (model: string, ids: readonly number[], fields: readonly string[]) =>
    rows.parse(await transport.call({ model, method: 'read', ids, args: { fields: [...fields], load: '' } }));
  const [book] = await read('account.journal', [Number(used.id)], ['default_account_id']);
  const [user] = await read('res.users', [await transport.userId()], ['partner_id']);
  // Of any contact that says nothing of its own: Odoo gives the company's default.
  const [contact] = await read('res.partner', [Number(many2one(user?.partner_id))], ['property_account_receivable_id']);
  const accounts: Account[] = [
    { what: `income (journal ${String(used.code)})`, id: many2one(book?.default_account_id) },
    { what: 'customers (receivable)', id: many2one(contact?.property_account_receivable_id) },
  ];
  const taxIds = usableTaxes(facts)
    .filter(({ amount }) => Number(amount) !== 0)
    .map(({ id }) => Number(id));
  if (taxIds.length === 0) return accounts;
  const taxRows = await read('account.tax', taxIds, ['amount', 'invoice_repartition_line_ids']);
  const lineIds = taxRows.flatMap((tax) => idList(tax.invoice_repartition_line_ids));
  const lines = await read('account.tax.repartition.line', lineIds, ['repartition_type', 'account_id']);
  for (const tax of taxRows) {
    const own = new Set(idList(tax.invoice_repartition_line_ids));
    for (const line of lines.filter(({ id, repartition_type }) => own.has(id) && repartition_type === 'tax')) {
      accounts.push({ what: `the tax of ${decimal(tax.amount)} %`, id: many2one(line.account_id) });
    }
  }
  return accounts;
}

/** Up to Odoo 17 accounts are deprecated, later archived. */
async function findUnused(transport: OdooTransport, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const known = await findFields(transport, 'account.account', ['deprecated', 'active']);
  const field = known.has('deprecated') ? 'deprecated' : 'active';
  const args = { fields: [field], load: '' };
  const found = rows.parse(
    await transport.call({ model: 'account.account', method: 'read', ids: [...new Set(ids)], args }),
  );
  return new Set(found.filter((row) => row[field] === (field === 'deprecated')).map(({ id }) => id));
}

export const ODOO_BOOKS: readonly Probe[] = [chart, taxes, journal, accounts];
