/** Many invoices at once: each is posted once with the totals of the app, or set aside for a reason that is true. */
import type { AppPerson, Fields, OdooPerson } from '../people/people.ts';
import { waitUntil } from '../people/wait-until.ts';
import { type DrawnInvoice, drawInvoices, KNOWN, UNKNOWN } from './draw-invoices.ts';

export interface Counter {
  readonly atApp: AppPerson;
  readonly atOdoo: OdooPerson;
  /** What the bridge has set aside: its error by the id of the invoice. */
  parked(): Promise<ReadonlyMap<string, { readonly code: string; readonly message: string }>>;
}

export interface Figures {
  readonly seed: number;
  readonly invoices: number;
  readonly lines: number;
  readonly posted: number;
  readonly parked: Readonly<Record<string, number>>;
  /** From the first that was validated until the last was done with. */
  readonly seconds: number;
}

export interface Outcome {
  readonly figures: Figures;
  /** What must not be, in words; empty if all is well. */
  readonly findings: readonly string[];
}

const AT_ONCE = 8;
const MOVE = ['invoice_origin', 'move_type', 'state', 'amount_untaxed', 'amount_tax', 'amount_total', 'currency_id'];

/** Odoo's company rounds taxes per line, as the app does, unless `rounding` says otherwise. */
export async function runInvoices(
  { atApp, atOdoo, parked }: Counter,
  options: { count: number; seed: number; rounding: string; patienceMs: number },
): Promise<Outcome> {
  await prepareBooks(atOdoo, options.rounding);
  const drawn = drawInvoices(options.count, options.seed);
  const teacher = await atApp.create('teachers', { name: 'Anna Petit', email: 'anna@example.org' });
  await atOdoo.appears('Anna Petit');
  const today = new Date().toISOString().slice(0, 10);
  const startedAt = Date.now();
  const entered = await inParallel(drawn, async ({ currency, lines }) => {
    const customer = { entity: 'teacher', id: teacher };
    const fields = { customer, currency, lines, invoice_date: today, due_date: today };
    const id = await atApp.create('invoices', fields as unknown as Fields);
    // Below zero as a whole it would be a credit note: the app does not take it for an invoice.
    const record = await atApp.look('invoices', id);
    if (!String(record.total).startsWith('-')) await atApp.act('invoices', id, 'validate');
    return atApp.look('invoices', id);
  });
  const valid = entered.flatMap((record, index) =>
    record.status === 'validated' ? [{ record, drawn: drawn[index] as DrawnInvoice }] : [],
  );
  let moves = new Map<string, readonly Fields[]>();
  let errors = await parked();
  await waitUntil(
    'each invoice is posted or set aside',
    async () => {
      errors = await parked();
      moves = await readMoves(atOdoo);
      return valid.every(({ record }) => errors.has(String(record.id)) || isPosted(moves, record));
    },
    options.patienceMs,
    2_000,
  );
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  const findings = valid.flatMap(({ record, drawn: one }) => judge(record, one, moves, errors, options.rounding));
  const codes = valid.flatMap(({ record }) => errors.get(String(record.id))?.code ?? []);
  const counted = Object.fromEntries([...Map.groupBy(codes, (code) => code)].map(([code, all]) => [code, all.length]));
  const posted = valid.filter(({ record }) => isPosted(moves, record)).length;
  const lines = valid.reduce((sum, { drawn: one }) => sum + one.lines.length, 0);
  return { figures: { seed: options.seed, invoices: valid.length, lines, posted, parked: counted, seconds }, findings };
}

async function prepareBooks(atOdoo: OdooPerson, rounding: string): Promise<void> {
  await atOdoo.call('res.company', 'write', { vals: { tax_calculation_rounding_method: rounding } }, [1]);
  const domain = [
    ['type_tax_use', '=', 'sale'],
    ['price_include_override', '=', false],
    ['amount', 'in', [...KNOWN.taxes]],
  ];
  const taxes = (await atOdoo.call('account.tax', 'search', { domain })) as number[];
  await atOdoo.call('account.tax', 'write', { vals: { active: true } }, taxes);
}

async function readMoves(atOdoo: OdooPerson): Promise<Map<string, readonly Fields[]>> {
  const args = { domain: [['invoice_origin', '!=', false]], fields: MOVE, load: '', order: 'id' };
  const rows = (await atOdoo.call('account.move', 'search_read', args)) as Fields[];
  return Map.groupBy(rows, ({ invoice_origin }) => String(invoice_origin));
}

function isPosted(moves: ReadonlyMap<string, readonly Fields[]>, { number }: Fields): boolean {
  return moves.get(String(number))?.some(({ state }) => state === 'posted') === true;
}

function judge(
  record: Fields,
  drawn: DrawnInvoice,
  moves: ReadonlyMap<string, readonly Fields[]>,
  errors: ReadonlyMap<string, { readonly code: string; readonly message: string }>,
  rounding: string,
): readonly string[] {
  const made = moves.get(String(record.number)) ?? [];
  const error = errors.get(String(record.id));
  const say = (what: string) => [`invoice ${record.number}: ${what}`];
  if (made.length > 1) return say(`${made.length} records in Odoo`);
  const ours = [record.total_untaxed, record.total_tax, record.total].map(Number);
  const theirs = made.map((move) => [move.amount_untaxed, move.amount_tax, move.amount_total].map(Number))[0] ?? [];
  const agree = JSON.stringify(ours) === JSON.stringify(theirs);
  if (error === undefined) {
    if (!agree) return say(`posted with ${theirs}, the app has ${ours}`);
    return isBookable(drawn) ? [] : say('posted with a currency or tax that the books do not have');
  }
  switch (error.code) {
    case 'tax_missing':
      return drawn.lines.some((line) => line.tax_percent === UNKNOWN.tax) && made.length === 0
        ? []
        : say(error.message);
    case 'currency_missing':
      return drawn.currency === UNKNOWN.currency && made.length === 0 ? [] : say(error.message);
    case 'invoice_totals_differ': {
      const told = [...ours, ...theirs].every((sum) => error.message.includes(sum.toFixed(2)));
      if (made[0]?.state !== 'draft' || agree || !told) return say(`${made[0]?.state}: ${error.message}`);
      // Rounded the same way on both sides, nothing but a half cent of Odoo's floats may make the difference.
      const most = rounding === 'round_per_line' ? drawn.lines.length : Number.POSITIVE_INFINITY;
      const cents = Math.round(Math.abs((ours[2] ?? 0) - (theirs[2] ?? 0)) * 100);
      return cents <= 2 * most ? [] : say(`${cents} cents apart: ${error.message}`);
    }
    default:
      return say(`${error.code}: ${error.message}`);
  }
}

function isBookable({ currency, lines }: DrawnInvoice): boolean {
  return currency !== UNKNOWN.currency && lines.every(({ tax_percent }) => tax_percent !== UNKNOWN.tax);
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
