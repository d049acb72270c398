/** The books as typed calls: journals, accounts, posted journal entries. Reading only; docs/odoo-client.md. */
import { z } from 'zod';
import { parseInput } from '../endpoint-input.ts';
import { day, recordId, text } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import { inCompany } from '../in-company.ts';
import { createOdooClient, type Domain, type OdooClient } from '../odoo-client.ts';
import { expectRecord, parseAnswer } from '../parse-answer.ts';
import { readJournalLines } from './journal-lines.ts';

export interface Books {
  readonly companyId: number;
  readonly company: string;
  readonly vat: string | null;
  /** ISO 4217. */
  readonly currency: string;
  /** Of the user, and so of the names of journals and accounts: `fr_FR`. */
  readonly lang: string | null;
}

const journalRow = z.object({
  id: z.int(),
  code: z.string(),
  name: z.string(),
  /** `sale`, `purchase`, `bank`, `cash`, `general`, … */
  type: z.string(),
  active: z.boolean(),
});

const accountRow = z.object({
  id: z.int(),
  /** Null where the account has no number in this company. */
  code: text,
  name: z.string(),
});

const moveRow = z.object({
  id: z.int(),
  name: z.string(),
  move_type: z.string(),
  date: z.string(),
  invoice_date: text,
  ref: text,
  journal_id: z.int(),
  amount_untaxed_signed: z.number(),
  amount_tax_signed: z.number(),
  amount_total_signed: z.number(),
});

const periodShape = z.strictObject({
  from: day,
  to: day,
  /** False: customer invoices and credit notes alone. */
  allEntries: z.boolean().exactOptional(),
  companyId: recordId.exactOptional(),
});

export type Journal = Readonly<z.output<typeof journalRow>>;
export interface Account extends Readonly<z.output<typeof accountRow>> {
  /** Odoo's name of it: `asset_receivable` (16 and later), `receivable` (before). */
  readonly type: string;
}
/** Days of the books (`date`, not the date on the invoice), both included. */
export type Period = Readonly<z.input<typeof periodShape>>;

export interface JournalLine {
  readonly id: number;
  readonly account: Account;
  readonly partner: { readonly id: number; readonly reference: string | null; readonly name: string } | null;
  readonly label: string | null;
  /** Decimal texts, in the company's currency. */
  readonly debit: string;
  readonly credit: string;
  /** In the line's own currency, with the sign of a debit. */
  readonly amountCurrency: string;
  readonly currency: string;
  /** Only when the line is settled in full. */
  readonly reconciliation: { readonly id: number; readonly date: string } | null;
  readonly isTax: boolean;
}

export interface JournalEntry {
  readonly id: number;
  readonly number: string;
  readonly type: string;
  readonly date: string;
  readonly invoiceDate: string | null;
  readonly reference: string | null;
  readonly journal: Journal;
  /** Decimal texts in the company's currency, as the invoice says; negative for a credit note. */
  readonly untaxed: string;
  readonly tax: string;
  readonly total: string;
  readonly lines: readonly JournalLine[];
}

type Move = z.output<typeof moveRow>;

/** Moves at once. Their lines come in pages of their own, and are held until the moves are handed on. */
const MOVES = 200;

/** @param companyId by default the user's own company */
export async function findBooks(odoo: OdooClient, companyId?: number): Promise<Books> {
  const uid = await odoo.transport.userId();
  const [user] = await odoo.read('res.users', z.object({ company_id: z.int(), lang: text }), [uid]);
  const { company_id, lang } = expectRecord(user, 'res.users');
  const own = clientOf(odoo, { companyId: companyId ?? company_id, lang });
  const company = z.object({ name: z.string(), vat: text, currency_id: z.int() });
  const [found] = await own.read('res.company', company, [companyId ?? company_id]);
  const { id, name, vat, currency_id } = expectRecord(found, 'res.company');
  const [currency] = await own.read('res.currency', z.object({ name: z.string() }), [currency_id]);
  return { companyId: id, company: name, vat, currency: expectRecord(currency, 'res.currency').name, lang };
}

/** Those that the company may use, archived ones too, by ascending id. */
export async function listJournals(odoo: OdooClient, companyId?: number): Promise<readonly Journal[]> {
  return readJournals(clientOf(odoo, await findBooks(odoo, companyId)));
}

/** Those that the company may use, with their numbers in it, archived ones too, by ascending id. */
export async function listAccounts(odoo: OdooClient, companyId?: number): Promise<readonly Account[]> {
  return readAccounts(clientOf(odoo, await findBooks(odoo, companyId)));
}

/** Posted entries of the period. @throws TerminalError `invalid_input` naming the field */
export async function countJournalEntries(odoo: OdooClient, period: Period): Promise<number> {
  const wanted = parseInput(periodShape, period);
  const books = await findBooks(odoo, wanted.companyId);
  return clientOf(odoo, books).count('account.move', toDomain(wanted, books));
}

/**
 * Posted entries of the period with all their lines, by date, then number, then id. They are read as they are asked
 * for, some hundreds at once, so that a whole year needs no more memory than a week.
 * @throws TerminalError `invalid_input` naming the field
 */
export async function* listJournalEntries(odoo: OdooClient, period: Period): AsyncGenerator<JournalEntry, void, void> {
  const wanted = parseInput(periodShape, period);
  const books = await findBooks(odoo, wanted.companyId);
  const own = clientOf(odoo, books);
  const journals = new Map((await readJournals(own)).map((journal) => [journal.id, journal]));
  const accounts = new Map((await readAccounts(own)).map((account) => [account.id, account]));
  for (let last: Move | null = null; ; ) {
    const moves: readonly Move[] = await readMoves(own, [...toDomain(wanted, books), ...behind(last)]);
    const ids = moves.map(({ id }) => id);
    const lines = await readJournalLines(own, ids, accounts);
    for (const move of moves) yield toEntry(move, journals, lines.get(move.id) ?? []);
    last = moves.at(-1) ?? null;
    if (moves.length < MOVES) return;
  }
}

function toDomain({ from, to, allEntries }: z.output<typeof periodShape>, { companyId }: Books): Domain {
  return [
    ['state', '=', 'posted'],
    ['company_id', '=', companyId],
    ['date', '>=', from],
    ['date', '<=', to],
    ...(allEntries ? [] : [['move_type', 'in', ['out_invoice', 'out_refund', 'out_receipt']]]),
  ];
}

/** By date, name and id instead of by offset: an entry that is posted meanwhile cannot shift the pages. */
function behind(last: Move | null): Domain {
  if (last === null) return [];
  const { date, name, id } = last;
  const sameDay = ['&', ['date', '=', date], '|', ['name', '>', name], '&', ['name', '=', name], ['id', '>', id]];
  return ['|', ['date', '>', date], ...sameDay];
}

/** Odoo's own rules leave those of the company, and know of branches that use their parent's. */
function readJournals(own: OdooClient): Promise<readonly Journal[]> {
  return own.searchRead('account.journal', journalRow, [], { archived: true });
}

async function readAccounts(own: OdooClient): Promise<readonly Account[]> {
  const model = 'account.account';
  const every = { archived: true };
  const fields = await findFields(own.transport, model, ['account_type', 'internal_type']);
  if (fields.has('account_type')) {
    const rows = await own.searchRead(model, accountRow.extend({ account_type: z.string() }), [], every);
    return rows.map(({ account_type: type, ...row }) => ({ ...row, type }));
  }
  const rows = await own.searchRead(model, accountRow.extend({ internal_type: z.string() }), [], every);
  return rows.map(({ internal_type: type, ...row }) => ({ ...row, type }));
}

async function readMoves({ transport }: OdooClient, domain: Domain): Promise<readonly Move[]> {
  const args = { domain, fields: Object.keys(moveRow.shape), order: 'date, name, id', limit: MOVES, load: '' };
  const answer = await transport.call({ model: 'account.move', method: 'search_read', args });
  return parseAnswer(z.array(moveRow), answer, 'account.move');
}

function toEntry(move: Move, journals: ReadonlyMap<number, Journal>, lines: readonly JournalLine[]): JournalEntry {
  return {
    id: move.id,
    number: move.name,
    type: move.move_type,
    date: move.date,
    invoiceDate: move.invoice_date,
    reference: move.ref,
    journal: expectRecord(journals.get(move.journal_id), 'account.journal'),
    untaxed: String(move.amount_untaxed_signed),
    tax: String(move.amount_tax_signed),
    total: String(move.amount_total_signed),
    lines,
  };
}

/** Names in the user's language, numbers of accounts as this company has them. */
function clientOf(odoo: OdooClient, { companyId, lang }: Pick<Books, 'companyId' | 'lang'>): OdooClient {
  const transport = inCompany(odoo.transport, companyId);
  if (lang === null) return createOdooClient(transport);
  return createOdooClient({
    ...transport,
    call: (call) => transport.call({ ...call, context: { lang, ...call.context } }),
  });
}
