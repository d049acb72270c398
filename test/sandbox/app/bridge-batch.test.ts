import t from 'tap';
import { createNamed, startTestApp, type TestApp } from './start-test-app.ts';

const results = async (answer: Promise<{ status: number; json: { results: Record<string, unknown>[] } }>) =>
  (await answer).json.results;

t.test('create, update, archive and restore answer with the record as it is stored', async (t) => {
  const app = await startTestApp(t);
  const fields = {
    name: 'Ada',
    email: 'ada@example.org',
    type: 'both',
    language: 'fr-BE',
    country: 'BE',
    school: 'École',
  };
  const [created] = await results(app.batch('teachers', { op: 'create', idempotency_key: 'a', fields }));
  t.match(created, { status: 'ok', record: { ...fields, phone: null, deleted_at: null } });
  const { id } = (created as { record: { id: string } }).record;

  const stamps = [(created as { record: { updated_at: string } }).record.updated_at];
  for (const [op, more, expected] of [
    ['update', { fields: { phone: '1' } }, { ...fields, phone: '1', deleted_at: null }],
    ['archive', {}, { ...fields, phone: '1', deleted_at: String }],
    ['update', { fields: { phone: '2' } }, { phone: '2', deleted_at: String }],
    ['restore', { fields: { phone: '3' } }, { phone: '3', deleted_at: null }],
  ] as const) {
    const [result] = await results(app.batch('teachers', { op, id, idempotency_key: `k${stamps.length}`, ...more }));
    t.match(result, { status: 'ok', record: { id, ...expected } }, op);
    const { record } = result as { record: { updated_at: string } };
    t.ok(record.updated_at > (stamps.at(-1) as string), `${op} moves the stamp on`);
    stamps.push(record.updated_at);
    t.same((await app.list('teachers', `ids=${id}`)).json.data, [record]);
  }
});

t.test('an edit that changes nothing is ok and moves nothing', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const [archived] = await results(app.batch('guests', { op: 'archive', id: ada.id, idempotency_key: '1' }));
  for (const operation of [
    { op: 'update', fields: { name: 'Ada', phone: '', notes: null } },
    { op: 'archive', fields: {} },
  ]) {
    const [again] = await results(app.batch('guests', { ...operation, id: ada.id, idempotency_key: operation.op }));
    t.same(again, archived, operation.op);
  }
});

t.test('stale when the stamp differs at all, with the record as it is', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const operation = { op: 'update', id: ada.id, fields: { name: 'Bo' } };
  // What passing the stamp through a millisecond clock makes of it.
  const blunt = new Date(ada.updated_at).toISOString();
  for (const stamp of [blunt, '2026-01-01T00:00:00.000000Z']) {
    const [stale] = await results(app.batch('guests', { ...operation, idempotency_key: stamp, if_updated_at: stamp }));
    t.same(stale, { status: 'stale', record: ada });
  }
  const [done] = await results(
    app.batch('guests', { ...operation, idempotency_key: blunt, if_updated_at: ada.updated_at }),
  );
  t.match(done, { status: 'ok', record: { name: 'Bo' } }, 'a key that ended stale is free to be tried again');
});

/** Opens all connections to the database, so that what is sent at the same time really meets there. */
async function warmUp(app: TestApp): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, () => app.list('guests')));
}

t.test('of many edits of one version, one is done and the others are stale', async (t) => {
  const app = await startTestApp(t);
  const names = Array.from({ length: 10 }, (_, index) => `Guest ${index}`);
  const guests = await createNamed(app, 'guests', ...names);
  await warmUp(app);
  for (const guest of guests) {
    const edit = async (phone: number) => {
      const operation = { op: 'update', id: guest.id, if_updated_at: guest.updated_at, fields: { phone: `${phone}` } };
      const [result] = await results(app.batch('guests', { ...operation, idempotency_key: `${guest.id}-${phone}` }));
      return result?.status;
    };
    const statuses = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(edit));
    t.same(statuses.sort(), ['ok', ...Array(7).fill('stale')]);
  }
});

t.test('each operation stands alone, and answers in its place', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const answer = await app.batch(
    'guests',
    { op: 'update', id: 'nobody', idempotency_key: '1', fields: { name: 'X' } },
    { op: 'explode', id: ada.id, idempotency_key: '2' },
    { op: 'create', idempotency_key: '3', fields: { name: '' } },
    'not an operation',
    { op: 'update', id: ada.id, idempotency_key: '4', fields: { name: 'Ada Lovelace' } },
    { op: 'create', idempotency_key: '5', fields: { name: 'Bo' } },
    { op: 'create', idempotency_key: '6', fields: { name: 'Cy' } },
  );
  t.equal(answer.status, 200);
  t.match(answer.json.results, [
    { status: 'not_found' },
    { status: 'invalid', errors: [{ field: 'op' }] },
    { status: 'invalid', errors: [{ field: 'name', message: 'is required' }] },
    { status: 'invalid' },
    { status: 'ok', record: { name: 'Ada Lovelace' } },
    { status: 'ok', record: { name: 'Bo' } },
    { status: 'ok', record: { name: 'Cy' } },
  ]);
  t.equal((await app.list('guests')).json.data.length, 3);
});

t.test('a record named twice in a batch is edited twice, in order', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const [first, second, third] = await results(
    app.batch(
      'guests',
      { op: 'update', id: ada.id, idempotency_key: '1', fields: { phone: '1' } },
      { op: 'update', id: ada.id, idempotency_key: '2', fields: { city: 'Gent' } },
      { op: 'update', id: ada.id, idempotency_key: '3', if_updated_at: ada.updated_at, fields: { city: 'Lier' } },
    ),
  );
  t.match(first, { status: 'ok', record: { phone: '1', city: null } });
  t.match(second, { status: 'ok', record: { phone: '1', city: 'Gent' } });
  t.match(third, { status: 'stale', record: { phone: '1', city: 'Gent' } });
});

t.test('each invalid field is named with what is wrong', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['name', '', /is required/],
    ['name', '   ', /is required/],
    ['name', null, /is required/],
    ['name', 7, /must be text/],
    ['email', 'nobody', /e-mail address/],
    ['phone', 32, /must be text/],
    ['country', 'be', /two capital letters/],
    ['country', 'BEL', /two capital letters/],
    ['type', 'friend', /one of customer, supplier, both, none/],
    ['language', 'fr_BE', /BCP 47/],
    ['language', 'x', /BCP 47/],
    ['notes', 'a\0b', /cannot be stored/],
    ['city', '\ud800', /cannot be stored/],
    ['school', 'only teachers have one', /not a field/],
    ['id', '9', /not a field/],
    ['updated_at', '2026-01-01T00:00:00.000000Z', /not a field/],
  ];
  for (const [field, value, message] of cases) {
    const fields = { name: 'Ada', [field]: value };
    const [update, create] = await results(
      app.batch(
        'guests',
        { op: 'update', id: ada.id, idempotency_key: 'u', fields },
        { op: 'create', idempotency_key: 'c', fields },
      ),
    );
    t.match(update, { status: 'invalid', errors: [{ field, message }] }, `update ${field}=${JSON.stringify(value)}`);
    t.match(create, { status: 'invalid', errors: [{ field, message }] }, `create ${field}=${JSON.stringify(value)}`);
  }
  const [several] = await results(
    app.batch('guests', { op: 'create', idempotency_key: 'c', fields: { country: 'x', colour: 'red' } }),
  );
  const fields = (several as { errors: { field: string }[] }).errors.map((error) => error.field).sort();
  t.same(fields, ['colour', 'country', 'name'], 'all at once');
  t.same((await app.list('guests')).json.data, [ada], 'nothing was written');
});

t.test('a malformed operation names the member at fault', async (t) => {
  const app = await startTestApp(t);
  const answers = await results(
    app.batch(
      'guests',
      { op: 'create', fields: { name: 'X' } },
      { op: 'update', idempotency_key: '1', fields: {} },
      { op: 'update', idempotency_key: 'a\0b', id: '1', fields: {} },
      { op: 'create', idempotency_key: '1', fields: [] },
      { op: 'create', idempotency_key: '1', id: '7', fields: { name: 'X' } },
    ),
  );
  const fields = answers.map((result) => (result as { errors: { field: string }[] }).errors[0]?.field);
  t.same(fields, ['idempotency_key', 'id', 'idempotency_key', 'fields', 'id']);
});

t.test('a batch that is no batch is refused whole', async (t) => {
  const app = await startTestApp(t);
  const operation = { op: 'create', idempotency_key: '1', fields: { name: 'X' } };
  t.equal((await app.batch('guests', ...Array(201).fill(operation))).status, 400);
  const headers = { authorization: 'Bearer token-of-the-tests-only' };
  for (const body of [{}, { operations: {} }, []]) {
    const answer = await app.send('POST', '/bridge/guests/batch', body, headers);
    t.match(answer, { status: 400, json: { status: 400 } }, JSON.stringify(body));
  }
  const broken = await app.send('POST', '/bridge/guests/batch', '{', {
    ...headers,
    'content-type': 'application/json',
  });
  t.match(broken, { status: 400, json: { status: 400 } });
  t.same((await app.batch('guests')).json, { results: [] }, 'an empty one is done at once');
  t.same((await app.list('guests')).json.data, []);
});

t.test('the empty text is stored as null, other text as it came', async (t) => {
  const app = await startTestApp(t);
  const fields = { name: ' Ada  ', phone: '', notes: 'a\r\nb ', street: '  ', city: 'Žilina ✈ 𝕏' };
  const [result] = await results(app.batch('guests', { op: 'create', idempotency_key: '1', fields }));
  t.match(result, { record: { ...fields, phone: null, street: null } });
});

t.test('a key is remembered through a restart', async (t) => {
  const app = await startTestApp(t);
  const create = { op: 'create', idempotency_key: 'create', fields: { name: 'Ada' } };
  const [created] = await results(app.batch('guests', create));
  const { id, updated_at } = (created as { record: { id: string; updated_at: string } }).record;
  const update = { op: 'update', id, idempotency_key: 'update', if_updated_at: updated_at, fields: { phone: '1' } };
  const [updated] = await results(app.batch('guests', update));
  await createNamed(app, 'guests', 'Bo');
  await app.send('PATCH', `/api/guests/${id}`, { phone: '2' });
  await app.close();

  const again = await startTestApp(t, { databaseUrl: app.databaseUrl });
  t.same(await results(again.batch('guests', create, update)), [created, updated], 'the same results');
  t.match((await again.list('guests', `ids=${id}`)).json.data, [{ phone: '2' }], 'and nothing done again');
  t.equal((await again.list('guests')).json.data.length, 2);
});

t.test('a key sent twice at the same time, or twice in a batch, creates once', async (t) => {
  const app = await startTestApp(t);
  await warmUp(app);
  for (let round = 1; round <= 10; round += 1) {
    const create = { op: 'create', idempotency_key: `once ${round}`, fields: { name: 'Ada' } };
    const answers = await Promise.all(Array.from({ length: 6 }, () => results(app.batch('guests', create, create))));
    const ids = new Set(answers.flat().map((result) => (result as { record: { id: string } }).record.id));
    t.equal(ids.size, 1);
    t.equal((await app.list('guests')).json.data.length, round);
  }
  const elsewhere = { op: 'create', idempotency_key: 'once 1', fields: { name: 'Bo' } };
  const [result] = await results(app.batch('tenants', elsewhere));
  t.match(result, { status: 'ok', record: { name: 'Bo' } }, 'another collection has keys of its own');
});
