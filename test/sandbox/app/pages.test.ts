import t from 'tap';
import { createNamed, startTestApp } from './start-test-app.ts';

const ATTACK = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;

t.test('whatever a record, a search or a form holds, it is shown as text', async (t) => {
  const app = await startTestApp(t);
  const fields = { name: ATTACK, city: ATTACK, notes: `</textarea>${ATTACK}`, phone: ATTACK };
  await app.send('POST', '/api/guests', fields);
  const invalid = { name: '', type: ATTACK, country: ATTACK, [ATTACK]: ATTACK };
  const pages = [
    await app.send('GET', '/guests'),
    await app.send('GET', `/guests?q=${encodeURIComponent(ATTACK)}&done=${encodeURIComponent(ATTACK)}`),
    await app.send('GET', `/guests?q=${encodeURIComponent(`${ATTACK}none`)}`),
    await app.send('GET', '/guests/1'),
    await app.submit('/guests', invalid),
    await app.submit('/guests/1', { ...invalid, if_updated_at: ATTACK }),
    await app.submit('/guests/1', { name: 'Bo', notes: ATTACK, if_updated_at: ATTACK }),
  ];
  for (const page of pages) {
    t.match(page.headers.get('content-type'), 'text/html');
    t.notMatch(page.text, /<(script|img)/i);
    t.equal(page.text.match(/<\/textarea>/g)?.length ?? 0, page.text.match(/<textarea/g)?.length ?? 0);
    t.match(page.headers.get('content-security-policy'), "default-src 'none'");
    t.notMatch(page.headers.get('content-security-policy'), 'unsafe');
  }
  t.match(pages[0]?.text, '&lt;script&gt;alert(1)&lt;/script&gt;');
  t.notMatch((await app.send('GET', `/guests/${encodeURIComponent(ATTACK)}`)).headers.get('content-type'), 'html');
});

t.test('the first page lists the first collection, and all are a click away', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'teachers', 'Ada');
  const { status, text } = await app.send('GET', '/');
  t.equal(status, 200);
  t.match(text, `<a href="/teachers/${ada.id}">Ada</a>`);
  for (const collection of ['teachers', 'tenants', 'guests']) t.match(text, `href="/${collection}"`);
  t.notMatch(text, /(src|href)="(https?:)?\/\//, 'nothing is fetched from elsewhere');
  const style = await app.send('GET', '/style.css');
  t.match(style.headers.get('content-type'), 'text/css');
});

t.test('a person fills in a form, is told what is wrong, mends it, and finds it saved', async (t) => {
  const app = await startTestApp(t);
  t.match((await app.send('GET', '/teachers/new')).text, '<label for="school">School');
  const refused = await app.submit('/teachers', { name: '', city: 'Gent', country: 'be' });
  t.equal(refused.status, 422);
  t.match(refused.text, '<a href="#name">Name is required</a>');
  t.match(
    refused.text,
    /<input id="country"[^>]* value="be"[^>]* aria-invalid="true" aria-describedby="country-hint country-error">/,
  );
  t.match(refused.text, 'value="Gent"', 'what was typed is still there');
  t.match(refused.text, 'role="alert"');

  const created = await app.submit('/teachers', { name: 'Ada', city: 'Gent', country: 'BE' });
  t.equal(created.status, 303);
  t.equal(created.headers.get('location'), '/teachers/1?done=created');
  const page = await app.send('GET', '/teachers/1?done=created');
  t.match(page.text, 'role="status"');
  t.match((await app.send('GET', '/api/teachers/1')).json, { name: 'Ada', city: 'Gent', country: 'BE', phone: null });
});

t.test('saving a form as it is changes nothing, whatever a browser does to line ends', async (t) => {
  const app = await startTestApp(t);
  const fields = { name: 'Ada\nL', email: ' ada@example.org ', notes: '\none\r\ntwo\n' };
  const { json: before } = await app.send('POST', '/api/guests', fields);
  const shown = await app.send('GET', '/guests/1');
  t.match(shown.text, '<textarea id="notes" name="notes" rows="4">\n\none\ntwo\n</textarea>');
  const form = { name: 'AdaL', email: 'ada@example.org', notes: '\r\none\r\ntwo\r\n', phone: '', type: '' };
  const saved = await app.submit('/guests/1', { ...form, if_updated_at: before.updated_at });
  t.equal(saved.status, 303);
  t.same((await app.send('GET', '/api/guests/1')).json, before);
  await app.submit('/guests/1', { ...form, phone: '1', if_updated_at: before.updated_at });
  t.match((await app.send('GET', '/api/guests/1')).json, { ...fields, phone: '1' }, 'only what was changed is written');
});

t.test('a person who saw an older version sees both, and may save again', async (t) => {
  const app = await startTestApp(t);
  const [ada] = await createNamed(app, 'guests', 'Ada');
  const { json: now } = await app.send('PATCH', '/api/guests/1', { phone: 'theirs' });
  const form = { name: 'Ada', phone: 'mine' };
  const stale = await app.submit('/guests/1', { ...form, if_updated_at: ada.updated_at });
  t.equal(stale.status, 409);
  t.match(stale.text, 'Somebody else has changed this record');
  t.match(stale.text, 'Now: theirs');
  t.match(stale.text, 'value="mine"');
  t.match((await app.send('GET', '/api/guests/1')).json, { phone: 'theirs' });
  t.match(stale.text, `name="if_updated_at" value="${now.updated_at}"`);
  t.equal((await app.submit('/guests/1', { ...form, if_updated_at: now.updated_at })).status, 303);
  t.match((await app.send('GET', '/api/guests/1')).json, { phone: 'mine' });
});

t.test('a record is archived, found in the archive, and restored', async (t) => {
  const app = await startTestApp(t);
  await createNamed(app, 'guests', 'Ada');
  t.match(await app.submit('/guests/1/archive', {}), { status: 303 });
  t.notMatch((await app.send('GET', '/guests')).text, 'Ada');
  const archive = await app.send('GET', '/guests?archived=1');
  t.match(archive.text, 'action="/guests/1/restore"');
  await app.submit('/guests/1/restore', {});
  t.match((await app.send('GET', '/guests?done=restored')).text, 'Restored.');
  t.match((await app.send('GET', '/guests')).text, 'Ada');
  t.equal((await app.submit('/guests/9/archive', {})).status, 404);
});

t.test('long lists have pages, and a search keeps its words from page to page', async (t) => {
  const app = await startTestApp(t);
  const operations = Array.from({ length: 60 }, (_, index) => ({
    op: 'create',
    idempotency_key: `${index}`,
    fields: { name: `Guest ${String(index).padStart(2, '0')}`, city: index < 30 ? 'Gent & co' : 'Lier' },
  }));
  await app.batch('guests', ...operations);
  const first = await app.send('GET', '/guests');
  t.match(first.text, 'Page 1 of 3');
  t.notMatch(first.text, 'rel="prev"');
  const last = await app.send('GET', '/guests?page=3');
  t.match(last.text, 'Guest 59');
  t.notMatch(last.text, 'rel="next"');
  const found = await app.send('GET', '/guests?q=gent+%26');
  t.match(found.text, 'Page 1 of 2');
  t.match(found.text, 'href="/guests?page=2&amp;q=gent+%26"');
  t.equal((await app.send('GET', '/guests?page=x')).status, 200);
});
