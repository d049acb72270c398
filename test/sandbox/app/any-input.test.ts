/** Whatever comes in, from people or from the bridge, is taken or refused with its field: nothing breaks the app. */
import fc from 'fast-check';
import t from 'tap';
import { COLLECTIONS } from '../../../sandbox/app/data/collections.ts';
import { makeScene } from './make-cast.ts';
import { startTestApp } from './start-test-app.ts';

/** Values of the right shape with wrong parts, and of no shape at all. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '1',
    '9',
    '-0',
    '1.5',
    '2027-02-29',
    '__proto__',
    'teacher',
    'teacher/1',
    '\0',
    '\ud800',
    '1e999',
  ),
);
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
const party = fc.record({ entity: fc.oneof(fc.constantFrom('teacher', 'document', 'toString'), scalar), id: scalar });
const line = fc.record(
  { description: scalar, quantity: scalar, unit_price: scalar, tax_percent: scalar, apartment_id: scalar },
  { requiredKeys: [] },
);
const value = fc.oneof(scalar, party, fc.array(fc.oneof(scalar, party, line), { maxLength: 3 }), fc.jsonValue());

t.test('no value breaks a request', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  for (const collection of COLLECTIONS) {
    const names = fc.constantFrom(...Object.keys(collection.fields), 'constructor', 'unknown');
    const fields = fc.array(fc.tuple(names, value), { maxLength: 12 }).map((pairs) => Object.fromEntries(pairs));
    const broken: unknown[] = [];
    for (const [run, given] of fc.sample(fields, { numRuns: 40, seed: 7 }).entries()) {
      const byPerson = await app.send('POST', `/api/${collection.name}`, given);
      const operations = ['create', 'update'].map((op, index) => ({
        op,
        ...(op === 'update' && { id: '1' }),
        idempotency_key: `${run}-${index}`,
        fields: given,
      }));
      const byBridge = await app.batch(collection.name, ...operations);
      const form: [string, string][] = Object.entries(given).map(([name, one]) => [
        name,
        typeof one === 'string' ? one : JSON.stringify(one),
      ]);
      form.push(['lines.7.constructor', 'x'], ['members.7.party', form[0]?.[1] ?? '']);
      const byForm = await app.submit(`/${collection.name}`, Object.fromEntries(form));
      if (![201, 422].includes(byPerson.status)) broken.push([given, byPerson.text]);
      if (byBridge.status !== 200) broken.push([given, byBridge.text]);
      if (![303, 422].includes(byForm.status)) broken.push([given, byForm.text]);
    }
    t.same(broken, [], collection.name);
    t.equal((await app.send('GET', `/${collection.name}`)).status, 200, 'the list shows what was taken');
    for (const { id } of (await app.list(collection.name, 'limit=20')).json.data) {
      t.equal((await app.send('GET', `/${collection.name}/${id}`)).status, 200, 'and so does its page');
    }
  }
});
