import t from 'tap';
import { createNamed, startTestApp } from './start-test-app.ts';

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const FIELDS = 'name email phone street street2 zip city country vat type language notes'.split(' ');

t.test('a record has its stamps and exactly the fields of its entity', async (t) => {
  const app = await startTestApp(t);
  for (const [collection, more] of [
    ['teachers', ['school']],
    ['tenants', []],
    ['guests', []],
  ] as const) {
    const [created] = await createNamed(app, collection, 'Ada');
    const { status, json } = await app.list(collection);
    t.equal(status, 200);
    t.same(json.data, [created]);
    t.same(Object.keys(json.data[0]).sort(), ['id', 'updated_at', 'deleted_at', ...FIELDS, ...more].sort());
    t.match(json.data[0], { name: 'Ada', deleted_at: null, email: null });
    t.type(json.data[0].id, 'string');
  }
});

t.test('each collection numbers its own records', async (t) => {
  const app = await startTestApp(t);
  const [teacher] = await createNamed(app, 'teachers', 'Ada');
  const [tenant] = await createNamed(app, 'tenants', 'Ada');
  t.equal(teacher.id, tenant.id, 'an id alone does not say which record is meant');
});

t.test('times have six digits, and come back as they went', async (t) => {
  const app = await startTestApp(t);
  const records = await createNamed(app, 'guests', 'Ada', 'Bo', 'Cy');
  const { json } = await app.list('guests');
  for (const record of records) t.match(record.updated_at, STAMP);
  t.match(json.server_time, STAMP);
  t.ok(json.server_time > records[2].updated_at);

  const [, second, third] = records;
  const since = await app.list('guests', `updated_since=${second.updated_at}`);
  t.same(since.json.data, [second, third], 'at or after, to the microsecond');
  const micro = second.updated_at.replace(/(\d{6})Z/, (_: string, digits: string) => `${digits}999Z`);
  const finer = await app.list('guests', `updated_since=${micro}`);
  t.same(finer.json.data, [second, third], 'finer digits are not rounded up past a record');
  const zoned = await app.list(
    'guests',
    `updated_since=${encodeURIComponent(third.updated_at.replace('Z', '+00:00'))}`,
  );
  t.same(zoned.json.data, [third]);
});

t.test('a listing is in order of change, page by page, archived records included', async (t) => {
  const app = await startTestApp(t);
  const [ada, bo, cy] = await createNamed(app, 'guests', 'Ada', 'Bo', 'Cy');
  await app.send('POST', `/api/guests/${ada.id}/archive`);
  const first = await app.list('guests', 'limit=2');
  t.same(
    first.json.data.map((record: { id: string }) => record.id),
    [bo.id, cy.id],
  );
  const second = await app.list('guests', `limit=2&cursor=${first.json.next_cursor}`);
  t.match(second.json, { data: [{ id: ada.id, deleted_at: STAMP }], next_cursor: null });
  t.equal(second.json.data[0].deleted_at, second.json.data[0].updated_at);
});

t.test('a page holds at most 1,000 records, and a full last page ends the listing', async (t) => {
  const app = await startTestApp(t);
  for (let block = 0; block < 6; block += 1) {
    const count = block < 5 ? 200 : 1;
    const operations = Array.from({ length: count }, (_, index) => ({
      op: 'create',
      idempotency_key: `${block}-${index}`,
      fields: { name: `Guest ${block} ${index}` },
    }));
    await app.batch('guests', ...operations);
  }
  const page = await app.list('guests', 'limit=5000');
  t.equal(page.json.data.length, 1_000);
  const rest = await app.list('guests', `limit=1&cursor=${page.json.next_cursor}`);
  t.equal(rest.json.data.length, 1);
  t.equal(rest.json.next_cursor, null);
  t.equal((await app.list('guests')).json.data.length, 100, 'without a limit, pages of 100');
});

t.test('ids= gives those that exist, archived ones too', async (t) => {
  const app = await startTestApp(t);
  const [ada, bo] = await createNamed(app, 'guests', 'Ada', 'Bo');
  await app.send('POST', `/api/guests/${bo.id}/archive`);
  const { json } = await app.list('guests', `ids=${bo.id},nobody,${ada.id}`);
  t.same(json.data.map((record: { name: string }) => record.name).sort(), ['Ada', 'Bo']);
  t.same((await app.list('guests', 'ids=')).json, { data: [] });
  const many = Array.from({ length: 201 }, (_, index) => index).join();
  t.match(await app.list('guests', `ids=${many}`), { status: 400, json: { errors: [{ field: 'ids' }] } });
});

t.test('email= looks past case and outer blanks, on both sides', async (t) => {
  const app = await startTestApp(t);
  await app.send('POST', '/api/guests', { name: 'Ada', email: ' Ada@Example.ORG ' });
  await app.send('POST', '/api/guests', { name: 'Not Ada', email: 'not-ada@example.org' });
  for (const asked of ['ada@example.org', ' ADA@example.org']) {
    const { json } = await app.list('guests', `email=${encodeURIComponent(asked)}`);
    t.same(
      json.data.map((record: { name: string }) => record.name),
      ['Ada'],
    );
  }
  t.same((await app.list('guests', 'email=')).json.data, []);
  await app.send('PATCH', '/api/guests/1', { email: 'new@example.org' });
  t.same((await app.list('guests', 'email=ada@example.org')).json.data, [], 'a former address finds nobody');
});

t.test('what cannot be read is refused, field by field', async (t) => {
  const app = await startTestApp(t);
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=ten', 'limit'],
    ['updated_since=yesterday', 'updated_since'],
    ['updated_since=2026-02-30T00:00:00Z', 'updated_since'],
    ['cursor=nonsense', 'cursor'],
  ] as const) {
    const { status, headers, json } = await app.list('guests', query);
    t.equal(status, 400, query);
    t.match(headers.get('content-type'), 'application/problem+json');
    t.match(json, { status: 400, errors: [{ field }] }, query);
  }
  t.equal((await app.list('guests', 'ids=%00')).status, 400);
  t.equal((await app.list('guests', 'updated_since=0000-01-01T00:00:00Z')).status, 400);
});

t.test('only the bearer of the token comes in', async (t) => {
  const app = await startTestApp(t);
  for (const authorization of ['', 'Bearer wrong', 'Basic dG9rZW46', 'Bearer', 'token-of-the-tests-only']) {
    for (const [method, path] of [
      ['GET', '/bridge/guests'],
      ['POST', '/bridge/guests/batch'],
      ['GET', '/bridge/unknown'],
    ] as const) {
      const { status, headers, json } = await app.send(method, path, undefined, { authorization });
      t.equal(status, 401, `${method} ${path} with "${authorization}"`);
      t.match(headers.get('content-type'), 'application/problem+json');
      t.equal(headers.get('www-authenticate'), 'Bearer');
      t.match(json, { status: 401, title: 'Unauthorized' });
    }
  }
});

t.test('an unknown collection is not there', async (t) => {
  const app = await startTestApp(t);
  for (const answer of [await app.list('unknown'), await app.batch('unknown')]) {
    t.match(answer, { status: 404, json: { status: 404, title: 'Not Found' } });
    t.match(answer.headers.get('content-type'), 'application/problem+json');
  }
});
