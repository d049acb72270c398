import t from 'tap';
import type {
  CanonicalRecord,
  OdooReferences,
  OdooValues,
  Situation,
  Transition,
} from '../../src/entities/define-entity.ts';
import { invoice } from '../../src/entities/invoice.ts';
import { amount, cancel, credit, isSpent, post, postCredit, revive, win } from '../../src/entities/invoice-steps.ts';
import { books } from '../support/books.ts';

const valid = invoice.app.decode({
  number: 'INV-1',
  status: 'validated',
  customer: { entity: 'guest', id: '8' },
  travel_id: '5',
  invoice_date: '2026-05-01',
  due_date: '2026-06-01',
  currency: 'EUR',
  lines: [{ description: 'Nights', unit_price: '100', tax_percent: 20 }],
  total_untaxed: '100',
  total_tax: '20',
  total: '120',
});
const posted: OdooValues = {
  id: 3,
  state: 'posted',
  posted_before: true,
  journal_id: 1,
  partner_id: 70,
  invoice_date: '2026-05-01',
  invoice_date_due: '2026-06-01',
  currency_id: 1,
  amount_untaxed: 100,
  amount_tax: 20,
  amount_total: 120,
  lines: [{ name: 'Nights', quantity: 1, price_unit: 100, discount: 0, tax_ids: [2], product_id: false }],
  reversals: [],
};
const draft = { ...posted, state: 'draft', posted_before: false };
const note = (state: string, amount_total = 120) => ({ id: 9, state, amount_total });
const cancelled = { ...valid, status: 'cancelled' };
const corrected = { ...valid, lines: null };

interface Case {
  readonly wanted?: CanonicalRecord;
  readonly agreed?: CanonicalRecord | null;
  readonly row?: OdooValues;
  readonly changes?: CanonicalRecord;
  readonly about?: OdooValues | null;
  readonly has?: OdooReferences['has'];
}
function situation({ wanted = valid, agreed = valid, row = posted, changes = {}, about = null, has }: Case): Situation {
  return { wanted, agreed, row, changes, about, references: { ...books, ...(has && { has }) } };
}
const steps = [post, cancel, credit, postCredit, revive];
/** The step that is due, with why it is refused. */
function due(each: Case): readonly [string, string?] | null {
  const seen = situation(each);
  const step = steps.find(({ isDue }) => isDue(seen));
  if (!step) return null;
  const code = step.refuse?.(seen)?.code;
  return code === undefined ? [step.name] : [step.name, code];
}
const call = (step: Transition, each: Case) => step.call(situation(each));

t.test('a valid one is posted, once', (t) => {
  t.same(due({ row: draft }), ['post']);
  t.same(due({ row: posted }), null);
  t.same(due({ row: draft, wanted: { ...valid, status: 'draft' } }), null);
  t.match(call(post, { row: draft }), { method: 'action_post', ids: [3] });
  t.end();
});

t.test('not before it is to the cent what the app has', (t) => {
  const [step, code] = due({ row: { ...draft, amount_tax: 20.01, amount_total: 120.01 } }) ?? [];
  t.same([step, code], ['post', 'invoice_totals_differ']);
  const error = post.refuse?.(situation({ row: { ...draft, amount_tax: 20.01, amount_total: 120.01 } }));
  t.equal(
    error?.message,
    'The totals differ: the app has 100.00 + 20.00 tax = 120.00, Odoo computes 100.00 + 20.01 tax = 120.01 EUR',
  );
  const withoutCurrency = { ...valid, currency: null };
  const other = situation({ row: { ...draft, amount_total: 1 }, wanted: withoutCurrency });
  t.match(post.refuse?.(other)?.message, /= 1\.00$/);
  t.equal(amount(0.1 + 0.2), '0.30');
  t.equal(amount(false), null);
  t.end();
});

t.test('not if Odoo holds it otherwise, or somebody has set it back', (t) => {
  for (const change of [
    { partner_id: 90 },
    { invoice_date: '2026-05-02' },
    { invoice_date_due: false },
    { currency_id: 2 },
    { lines: [] },
  ]) {
    t.same(due({ row: { ...draft, ...change } }), ['post', 'invoice_content_differs'], Object.keys(change).join());
  }
  t.same(due({ row: { ...draft, posted_before: true } }), ['post', 'reset_in_odoo']);
  const open = { ...valid, invoice_date: null, due_date: null, currency: null };
  t.same(due({ row: { ...draft, currency_id: 2 }, wanted: open }), ['post'], 'what the app leaves open does not count');
  const { invoice_date: _date, due_date: _due, currency: _currency, lines: _lines, ...bare } = valid;
  t.same(due({ row: { ...draft, lines: [] }, wanted: bare }), ['post']);
  t.same(due({ row: draft, wanted: { ...valid, customer: null } }), ['post', 'invoice_content_differs']);
  t.end();
});

t.test('a draft that is given up is cancelled', (t) => {
  t.same(due({ row: draft, wanted: cancelled }), ['cancel']);
  t.match(call(cancel, { row: draft }), { method: 'button_cancel', ids: [3] });
  t.same(due({ row: { ...draft, state: 'cancel' }, wanted: cancelled }), null);
  t.end();
});

t.test('what was posted and is given up or corrected gets a credit note, once', (t) => {
  for (const wanted of [cancelled, corrected]) {
    t.same(due({ wanted }), ['make a credit note']);
    t.same(due({ wanted, row: { ...posted, reversals: undefined } }), ['make a credit note']);
    t.same(due({ wanted, row: { ...posted, reversals: [note('cancel')] } }), ['make a credit note']);
    t.same(due({ wanted, row: { ...posted, reversals: [note('draft')] } }), ['post the credit note']);
    t.same(due({ wanted, row: { ...posted, reversals: [note('posted')] } }), null);
  }
  t.match(call(credit, { wanted: cancelled }), {
    model: 'account.move.reversal',
    method: 'refund_moves',
    dialog: { reason: 'cancelled', journal_id: 1 },
    context: { active_ids: [3] },
  });
  t.match(call(credit, { wanted: corrected }), { dialog: { reason: 'corrected' } });
  const row = { ...posted, reversals: [note('draft')] };
  t.match(call(postCredit, { wanted: cancelled, row }), { method: 'action_post', ids: [9] });
  t.equal(postCredit.refuse?.(situation({ wanted: cancelled, row })), null);
  t.end();
});

t.test('what a step leaves tells which one follows, and ends when all is done', (t) => {
  const follow = (each: Case & { row: OdooValues }): readonly string[] => {
    const seen = situation(each);
    const step = steps.find(({ isDue }) => isDue(seen));
    if (!step) return [];
    return [step.name, ...follow({ ...each, row: { ...each.row, ...step.leaves?.(seen) } })];
  };
  t.same(follow({ row: draft }), ['post']);
  t.same(follow({ row: draft, wanted: cancelled }), ['cancel']);
  const both = ['make a credit note', 'post the credit note'];
  for (const wanted of [cancelled, corrected]) t.same(follow({ row: posted, wanted }), both);
  const before17 = (payment_state: string) =>
    follow({ row: { ...posted, payment_state }, wanted: cancelled, has: () => false });
  t.same(before17('not_paid'), ['make a credit note'], 'its dialog posts it');
  t.same(before17('partial'), both);
  t.end();
});

t.test('up to Odoo 16 the dialog for credit notes settles the invoice, unless that would undo payments', (t) => {
  const ask = (payment_state: string) =>
    call(credit, { wanted: cancelled, has: () => false, row: { ...posted, payment_state } });
  const dialog = { reason: 'cancelled', journal_id: 1 };
  t.match(ask('not_paid'), { method: 'reverse_moves', dialog: { ...dialog, refund_method: 'cancel' } });
  t.match(ask('partial'), { method: 'reverse_moves', dialog: { ...dialog, refund_method: 'refund' } });
  t.end();
});

t.test('credit notes of people that take back only a part are left to them', (t) => {
  for (const reversals of [
    [note('posted', 20)],
    [note('draft', 20)],
    [note('draft'), note('draft')],
    [note('posted', 20), note('draft')],
  ]) {
    t.same(due({ wanted: cancelled, row: { ...posted, reversals } }), ['post the credit note', 'credited_in_part']);
  }
  const halves = [note('posted', 20), note('posted', 100)];
  t.same(due({ wanted: cancelled, row: { ...posted, reversals: halves } }), null, 'together they are the whole');
  t.end();
});

t.test('what changed in Odoo alone is never credited', (t) => {
  const row = { ...posted, lines: [] };
  t.same(due({ row }), ['make a credit note', 'changed_in_odoo']);
  t.same(due({ row, agreed: null }), ['make a credit note', 'changed_in_odoo']);
  t.same(due({ row: { ...row, reversals: [note('draft')] } }), ['post the credit note', 'changed_in_odoo']);
  t.end();
});

t.test('one that somebody cancelled in Odoo is not revived by the bridge', (t) => {
  const row = { ...draft, state: 'cancel' };
  t.same(due({ row }), ['make valid again', 'cancelled_in_odoo']);
  t.match(call(revive, { row }), { method: 'button_draft' });
  t.end();
});

t.test('the app gets another one only in place of what is taken back, and only where the app changed', (t) => {
  const reversed = { ...posted, reversals: [note('posted')] };
  t.ok(isSpent(situation({ wanted: corrected, row: reversed })));
  t.ok(isSpent(situation({ agreed: cancelled, row: reversed })), 'valid again');
  t.ok(isSpent(situation({ agreed: { ...valid, status: 'draft' }, row: { ...draft, state: 'cancel' } })));
  t.notOk(isSpent(situation({ row: reversed })), 'somebody made the credit note in Odoo');
  t.notOk(isSpent(situation({ wanted: cancelled, row: reversed })));
  t.notOk(isSpent(situation({ wanted: corrected })));
  t.notOk(isSpent(situation({ wanted: corrected, agreed: {}, row: draft })));
  t.end();
});

t.test('a paid one makes its travel won, unless it is so already, or lost', (t) => {
  const changes = { payment_state: 'paid' };
  const open = { id: 50, active: true, stage_id: 1 };
  const isDue = (each: Case) => win.isDue(situation({ changes, ...each }));
  t.same(win.about?.(situation({ changes })), { entity: 'travel', id: '5' });
  t.same(win.about?.(situation({ changes: { payment_state: 'in_payment' } })), { entity: 'travel', id: '5' });
  t.equal(win.about?.(situation({ changes: { payment_state: 'partial' } })), null);
  t.equal(win.about?.(situation({ changes, wanted: { ...valid, travel_id: null } })), null);
  t.ok(isDue({ about: open }));
  t.notOk(isDue({ about: { ...open, stage_id: 4 } }));
  t.notOk(isDue({ about: { ...open, active: false } }));
  t.notOk(isDue({ about: null }));
  t.match(call(win, { about: open }), { model: 'crm.lead', method: 'action_set_won', ids: [50] });
  t.match(call(win, { about: null }).ids, [Number.NaN]);
  t.end();
});
