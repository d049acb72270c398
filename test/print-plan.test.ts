import t from 'tap';
import type { PlannedChange } from '../src/links/run-changes.ts';
import { printPlan } from '../src/print-plan.ts';

const anna = { entity: 'guest', app_id: '42', odoo_id: 7, fields: {} } as const;
const show = (change: Partial<PlannedChange>) => printPlan([{ ...anna, action: 'update', to: 'odoo', ...change }]);

t.test('each change is a line with its fields under it', async (t) => {
  t.same(printPlan([]), ['Nothing would change.']);
  t.same(show({ fields: { phone: { from: null, to: '1' }, active: { from: true, to: false } } }), [
    '~ update guest (app 42, Odoo 7) → odoo',
    '    phone: empty → "1"',
    '    active: true → false',
  ]);
  t.same(show({ action: 'create', to: 'app', app_id: null }), ['+ create guest (Odoo 7) → app']);
  t.same(show({ entity: 'school', action: 'create', app_id: null, odoo_id: null }), ['+ create school (new) → odoo']);
  t.same(show({ action: 'delete' }), ['- delete guest (app 42, Odoo 7) in odoo']);
  t.same(show({ action: 'link', to: null }), ['= link guest (app 42, Odoo 7)']);
});

t.test('long texts are cut, and line breaks stay in the line', async (t) => {
  const [, line = ''] = show({ fields: { notes: { from: 'a\nb', to: 'x'.repeat(500) } } });
  t.match(line, /^ {4}notes: "a\\nb" → "x{78}…$/);
});

t.test('steps, what comes later, who wins and why nothing is done', async (t) => {
  const conflicts = [{ field: 'phone', winner: 'odoo', rule: 'later' }] as const;
  t.same(show({ steps: ['post'], later: ['odoo_number', 'payment_state'], conflicts }).slice(1), [
    '    phone is contested: odoo wins (later)',
    '    step: post',
    '    later, as Odoo makes it: odoo_number, payment_state',
  ]);
  const held = { code: 'held_match', message: 'Two have that address.', candidates: ['5', '6'] };
  t.same(show({ action: 'hold', to: null, odoo_id: null, reason: held }), [
    '! hold guest (app 42)',
    '    Two have that address.',
    '    candidates: 5, 6',
  ]);
  const error = { code: 'tax_missing', message: 'No tax.', remedy: 'Add it.' };
  t.same(show({ action: 'park', to: null, reason: error })[1], '    No tax. Add it.');
});
