import t from 'tap';
import { createNamed, startTestApp } from './start-test-app.ts';

t.test('a person creates, reads, edits, archives and restores', async (t) => {
  const app = await startTestApp(t);
  const created = await app.send('POST', '/api/teachers', { name: 'Ada', school: 'École' });
  t.match(created, { status: 201, json: { id: '1', name: 'Ada', school: 'École', deleted_at: null } });
  t.same((await app.send('GET', '/api/teachers/1')).json, created.json);
  const edited = await app.send('PATCH', '/api/teachers/1', { phone: '1' });
  t.match(edited, { status: 200, json: { name: 'Ada', phone: '1' } });
  t.match((await app.send('POST', '/api/teachers/1/archive')).json, { deleted_at: String });
  t.match((await app.send('POST', '/api/teachers/1/restore')).json, { deleted_at: null });
});

t.test('a person who saw an older version is told so', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const edit = () => app.send('PATCH', '/api/guests/1', { name: 'Bo' }, { 'if-match': `"${ada.updated_at}"` });
  t.match(await edit(), { status: 200, json: { name: 'Bo' } });
  t.match(await edit(), { status: 412, json: { title: 'Precondition Failed' } });
});

t.test('a list is searched, paged and told from the archive', async (t) => {
  const app = await startTestApp(t);
  await createNamed(app, 'guests', 'bo', 'Ada', 'Cy 100%', 'Di_');
  await app.send('PATCH', '/api/guests/3', { city: 'Gent' });
  await app.send('POST', '/api/guests/1/archive');
  const names = async (query: string) => {
    const { json } = await app.send('GET', `/api/guests?${query}`);
    return [json.total, ...json.data.map((record: { name: string }) => record.name)];
  };
  t.same(await names(''), [3, 'Ada', 'Cy 100%', 'Di_']);
  t.same(await names('per_page=2&page=2'), [3, 'Di_']);
  t.same(await names('archived=1'), [1, 'bo']);
  t.same(await names('q=gENT'), [1, 'Cy 100%']);
  t.same(await names('q=%25'), [1, 'Cy 100%'], 'no wildcard');
  t.same(await names('q=_'), [1, 'Di_']);
  t.equal((await app.send('GET', '/api/guests?page=0')).status, 400);
});

t.test('mistakes are answered as problems', async (t) => {
  const app = await startTestApp(t);
  for (const [method, path, body, status] of [
    ['GET', '/api/unknown', undefined, 404],
    ['GET', '/api/guests/9', undefined, 404],
    ['PATCH', '/api/guests/9', {}, 404],
    ['POST', '/api/guests/9/archive', undefined, 404],
    ['POST', '/api/guests', [], 400],
    ['POST', '/api/guests', 'name=Ada', 415],
    ['POST', '/api/guests', { name: '', country: 'x' }, 422],
    ['GET', '/no/such/page', undefined, 404],
  ] as const) {
    const headers: Record<string, string> =
      typeof body === 'string' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const answer = await app.send(method, path, body, headers);
    t.match(answer, { status, json: { status } }, `${method} ${path}`);
    t.match(answer.headers.get('content-type'), 'application/problem+json');
  }
  const { json } = await app.send('POST', '/api/guests', { name: '', country: 'x' });
  t.same(json.errors.map((error: { field: string }) => error.field).sort(), ['country', 'name']);
});

t.test('another site in the same browser cannot edit', async (t) => {
  const app = await startTestApp(t);
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://example.org' }, { origin: 'null' }]) {
    t.equal((await app.send('POST', '/api/guests', { name: 'Ada' }, headers)).status, 403);
    t.equal((await app.submit('/guests', { name: 'Ada' }, headers)).status, 403);
  }
  const own = { 'sec-fetch-site': 'same-origin', origin: app.url };
  t.equal((await app.send('POST', '/api/guests', { name: 'Ada' }, own)).status, 201);
});
