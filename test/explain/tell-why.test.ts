/** Each rule and each end of a write has a sentence of its own, which names the side that it is about. */
import t from 'tap';
import { tellFlow, tellOutcome, tellWritten } from '../../src/explain/tell-why.ts';

const at = { app: Date.parse('2026-03-01T10:00:00Z'), odoo: null };
const group = { name: 'phone', fields: ['phone'], owner: 'both' } as const;

t.test('why a value goes to a side', async (t) => {
  const cases: [string, RegExp][] = [
    ['edited', /^Only the app has changed it .* goes to Odoo\.$/],
    ['empty', /Odoo has no value: that of the app goes there\.$/],
    ['deleted', /^Odoo no longer has the record/],
    ['restored', /^A person brought this value back/],
    ['created', /^The record is made in Odoo with the values of the app\.$/],
    ['later', /\(the app at 2026-03-01T10:00:00\.000Z, Odoo at unknown\): the app was modified last/],
    ['tie', /the app wins, as CONFLICT_TIE says/],
    ['own_stamp', /last modification of Odoo is a write of the bridge itself.* value of the app wins\.$/],
    ['owner', /^The app alone governs this field: what Odoo holds gives way\.$/],
    ['some new rule', /^It goes from the app to Odoo \(some new rule\)\.$/],
  ];
  for (const [rule, sentence] of cases) t.match(tellFlow({ to: 'odoo', rule, at }), sentence, rule);
  t.match(
    tellFlow({ to: 'app', rule: 'owner', at }),
    /^Odoo alone governs this field: what the app holds gives way\.$/,
  );
});

t.test('what became of the write', async (t) => {
  const ends = ['ok', 'later', 'stale', 'missing', 'spent', 'refused', 'failed', 'none'] as const;
  const sentences = ends.map((written) => tellWritten({ to: 'app', written }));
  t.equal(new Set(sentences).size, ends.length);
  for (const sentence of sentences) t.match(sentence, /^[A-Z].*\.$/);
  t.equal(sentences[0], 'The app confirmed the write.');
});

t.test('what the next pass would do with a field', async (t) => {
  t.match(tellOutcome({ kind: 'agreed', group }, null), /hold the same/);
  t.match(tellOutcome({ kind: 'unchanged', group }, null), /in its own way/);
  const decision = { field: 'phone', to: 'app', rule: 'edited', close: false, at, written: 'none' } as const;
  t.match(tellOutcome({ kind: 'flow', group, to: 'app', conflict: null }, decision), /^Only Odoo has changed it/);
});
