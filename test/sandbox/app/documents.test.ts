import { createHash, randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { makeScene } from './make-cast.ts';
import { receiveWebhooks } from './receive-webhooks.ts';
import { API_TOKEN, startTestApp } from './start-test-app.ts';

const OWNED = { owner: { entity: 'travel', id: '1' }, filename: 'plan.pdf', kind: 'travel_document' };
const MB = 1024 * 1024;

/** The app with one document, and the two ways to its bytes. */
async function startWithDocument(t: Test, fields: object = OWNED) {
  const app = await startTestApp(t);
  await makeScene(app);
  await app.send('POST', '/api/documents', fields);
  const put = async (bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const response = await fetch(`${app.url}/api/documents/1/content`, { method: 'PUT', body: bytes, headers });
    return { status: response.status, json: JSON.parse(await response.text()) };
  };
  const get = async (headers: Record<string, string> = {}, method = 'GET') => {
    const authorization = `Bearer ${API_TOKEN}`;
    const address = `${app.url}/bridge/documents/1/content`;
    const response = await fetch(address, { method, headers: { authorization, ...headers } });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  return { ...app, put, get };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

t.test('the bytes that a person sends are the bytes that the bridge gets', async (t) => {
  const app = await startWithDocument(t);
  t.equal((await app.get()).status, 404, 'none yet');
  const bytes = randomBytes(3 * MB + 1);
  const sent = await app.put(bytes, { 'content-type': 'Application/PDF; charset=x' });
  t.match(sent, { status: 200, json: { size: bytes.length, sha256: sha256(bytes), media_type: 'application/pdf' } });
  const got = await app.get();
  t.equal(got.status, 200);
  t.ok(got.bytes.equals(bytes));
  t.equal(got.headers.get('content-type'), 'application/pdf');
  t.equal(got.headers.get('content-length'), String(bytes.length));
  t.equal(got.headers.get('etag'), `"${sha256(bytes)}"`);
  const etag = got.headers.get('etag') ?? '';
  t.match(await app.get({ 'if-none-match': `"x", W/${etag}` }), { status: 304 });
  t.match(await app.get({ 'if-none-match': '"x"' }), { status: 200 });
  const head = await app.get({}, 'HEAD');
  t.equal(head.headers.get('content-length'), String(bytes.length));
  t.equal((await app.get({ authorization: 'Bearer wrong' })).status, 401);
});

t.test('other bytes move the stamp and are told; the same ones are not', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startWithDocument(t);
  app.setWebhook(receiver.target);
  const first = await app.put(Buffer.from('one'));
  await receiver.waitFor(1);
  t.same((await app.put(Buffer.from('one'))).json, first.json, 'the same again');
  const second = await app.put(Buffer.from('two'));
  t.ok(second.json.updated_at > first.json.updated_at);
  await receiver.waitFor(2);
  t.same(
    receiver.received.map(({ body }) => `${body.type} ${body.data.updated_at}`),
    [first, second].map(({ json }) => `document.updated ${json.updated_at}`),
  );
  t.equal((await app.get()).bytes.toString(), 'two');
  const stale = await app.put(Buffer.from('three'), { 'if-match': `"${first.json.updated_at}"` });
  t.equal(stale.status, 412);
  t.equal((await app.get()).bytes.toString(), 'two');
});

t.test('bytes of every kind are taken as they are, up to 25 MB', async (t) => {
  const app = await startWithDocument(t);
  for (const type of ['application/json', 'text/plain', 'multipart/form-data', '']) {
    const bytes = Buffer.from('{"not": json}');
    t.equal((await app.put(bytes, type === '' ? {} : { 'content-type': type })).status, 200, type);
    t.ok((await app.get()).bytes.equals(bytes));
  }
  t.match(
    (await app.send('GET', '/api/documents/1')).json,
    { media_type: 'multipart/form-data' },
    'no type keeps the last',
  );
  t.equal((await app.put(Buffer.from('x'), { 'content-type': 'nonsense' })).status, 415);
  const most = Buffer.alloc(25 * MB, 'x');
  t.match(await app.put(most), { status: 200, json: { size: 25 * MB } });
  t.match(await app.put(Buffer.alloc(25 * MB + 1)), { status: 413 });
  t.match(await app.put(Buffer.alloc(0)), { status: 422, json: { errors: [{ field: 'file', message: 'is empty' }] } });
  t.equal((await app.get()).bytes.length, 25 * MB, 'what was refused changed nothing');
  const nowhere = await fetch(`${app.url}/api/documents/9/content`, { method: 'PUT', body: 'x' });
  t.equal(nowhere.status, 404);
});

t.test('a file sent with the form of a page becomes a document, and another one takes its place', async (t) => {
  const app = await startWithDocument(t);
  const submit = async (path: string, fields: Record<string, string>, file?: File) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    if (file) body.set('file', file);
    const response = await fetch(app.url + path, { method: 'POST', body, redirect: 'manual' });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  t.match((await app.send('GET', '/documents/new')).text, 'enctype="multipart/form-data"');
  const file = new File(['<script>alert(1)</script>'], 'Plan d’été.html', { type: 'text/html' });
  const created = await submit('/documents', { owner: 'travel/1', filename: '', kind: 'contract' }, file);
  t.match(created.headers.get('location'), '/documents/2?done=created');
  t.match((await app.send('GET', '/api/documents/2')).json, {
    filename: 'Plan d’été.html',
    media_type: 'text/html',
    size: 25,
  });
  const download = await app.send('GET', '/documents/2/content');
  t.match(
    download.headers.get('content-disposition'),
    "attachment; filename*=UTF-8''Plan%20d%E2%80%99%C3%A9t%C3%A9.html",
  );
  t.match(download.headers.get('content-security-policy'), 'sandbox', 'and runs nowhere');
  t.equal(download.headers.get('x-content-type-options'), 'nosniff');

  const saved = await submit(
    '/documents/2',
    { filename: 'Plan.html' },
    new File(['new'], 'other.txt', { type: 'text/plain' }),
  );
  t.equal(saved.status, 303);
  t.match((await app.send('GET', '/api/documents/2')).json, {
    filename: 'Plan.html',
    media_type: 'text/plain',
    size: 3,
  });
  await submit('/documents/2', { filename: 'Plan B.html' }, new File([], ''));
  t.match(
    (await app.send('GET', '/api/documents/2')).json,
    { filename: 'Plan B.html', size: 3 },
    'no file keeps the bytes',
  );

  const refused = await submit('/documents', { owner: 'travel/9', kind: 'contract' }, file);
  t.equal(refused.status, 422);
  t.match(refused.text, 'Owner is not there: there is no travel 9');
  const empty = await submit('/documents', { owner: 'travel/1' }, new File([], 'empty.txt'));
  t.match(empty.text, '<a href="#file">File is empty</a>');
  t.equal((await app.list('documents')).json.data.length, 2, 'nothing is left of what was refused');
  const broken = await app.send('POST', '/documents', 'x', { 'content-type': 'multipart/form-data; boundary=y' });
  t.equal(broken.status, 400);
});

t.test('the PDF of an invoice is sound, whatever its lines hold, and the XML is as well formed', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  await app.send('PATCH', '/api/teachers/1', { name: 'Ada (née "Łuk") & Söhne <x>', street: 'a\\b' });
  const lines = Array.from({ length: 60 }, (_, index) => ({
    description: `Room ${index} (80 €) <b>&amp; \\ 𝕏\n${'w'.repeat(90)}`,
    unit_price: '80',
    discount_percent: index === 0 ? 12.5 : 0,
    tax_percent: 20,
  }));
  await app.send('POST', '/api/invoices', { customer: { entity: 'teacher', id: '1' }, lines, due_date: '2099-01-01' });
  await app.send('POST', '/api/invoices/1/validate');
  const read = async (id: number) => {
    const response = await fetch(`${app.url}/api/documents/${id}/content`);
    return Buffer.from(await response.arrayBuffer());
  };
  const pdf = (await read(1)).toString('latin1');
  t.match(pdf, /^%PDF-1\.4\n/);
  const [, start = ''] = /startxref\n(\d+)\n%%EOF\n$/.exec(pdf) ?? [];
  t.ok(pdf.startsWith('xref\n', Number(start)));
  const offsets = [...pdf.slice(Number(start)).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
  for (const [index, offset] of offsets.entries()) t.ok(pdf.startsWith(`${index + 1} 0 obj\n`, offset));
  const pages = Number(/\/Count (\d+)/.exec(pdf)?.[1]);
  t.ok(pages > 3 && offsets.length === 3 + 2 * pages, `${pages} pages`);
  for (const [, length, stream] of pdf.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g)) {
    t.equal(stream?.length, Number(length));
  }
  t.match(pdf, '(Ada \\(n\xe9e "?uk"\\) & S\xf6hne <x>)');
  t.match(pdf, 'Room 0 \\(80 \x80\\)');

  const xml = (await read(2)).toString();
  t.match(xml, '<cbc:Name>Ada (née &quot;Łuk&quot;) &amp; Söhne &lt;x&gt;</cbc:Name>');
  t.match(xml, '<cbc:TaxInclusiveAmount currencyID="EUR">5748.00</cbc:TaxInclusiveAmount>');
  t.equal(xml.match(/<cac:InvoiceLine>/g)?.length, 60);
  t.notMatch(xml, /&(?!amp;|lt;|gt;|quot;)/);
});
