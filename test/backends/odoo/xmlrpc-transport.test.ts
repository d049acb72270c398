import { inspect } from 'node:util';
import t from 'tap';
import type { ClockReading } from '../../../src/backends/odoo/transport.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import {
  answer,
  closedUrl,
  cutOff,
  endless,
  hangUp,
  html,
  json,
  silence,
  startFaultyServer,
  startTlsServer,
  xml,
  xmlFault,
  xmlValue,
} from '../../support/faulty-server.ts';

const apiKey = 's3cret-key';
const options = { database: 'travel', username: 'bot@example.com', apiKey };
const search = { model: 'res.partner', method: 'search', args: { domain: [] } };
const uid = xmlValue('<int>7</int>');
const none = xmlFault(1, 'TypeError: cannot marshal None unless allow_none is enabled');
const ids = xmlValue('<array><data><value><int>5</int></value></data></array>');

t.test('a call logs in once and sends records and values by position', async (t) => {
  const server = await startFaultyServer(t, uid, ids);
  const readings: ClockReading[] = [];
  const transport = createXmlrpcTransport({
    ...options,
    url: server.url,
    onClockReading: (reading) => readings.push(reading),
  });
  t.equal(transport.kind, 'xmlrpc');
  const context = { lang: 'fr_FR' };
  t.same(await Promise.all([transport.call({ ...search, context }), transport.call(search)]), [[5], [5]]);
  await transport.call({ model: 'res.partner', method: 'write', ids: [5], args: { vals: { name: 'A & B' } } });
  await transport.call({ model: 'res.partner', method: 'create', args: { vals_list: [{ name: 'Ada' }] } });
  await transport.call({ model: 'res.partner', method: 'create' });
  t.equal(await transport.userId(), 7);
  t.same(
    server.asked.map(({ path }) => path),
    ['/xmlrpc/2/common', ...Array(5).fill('/xmlrpc/2/object')],
  );
  t.equal(readings.length, 6);
  t.match(server.asked[0]?.body, /<methodName>authenticate</);
  const bodies = server.asked.map(({ body }) => body);
  t.match(bodies[1], /<int>7<\/int>.*search.*<array><data\/><\/array>.*<name>context<.*fr_FR/s);
  t.match(bodies[3], /write.*<int>5<.*<member><name>name<.*A &amp; B/s);
  t.notMatch(bodies.join(), /<name>(domain|vals|vals_list)</, 'whose names differ from version to version');
  t.match(bodies[4], /create.*<array><data><value><array><data><value><struct><member><name>name<.*<struct\/>/s);
  t.match(bodies[5], /create.*<array><data\/>.*<struct\/>/s);
  await transport.close();
});

t.test('a method without a result has worked', async (t) => {
  const server = await startFaultyServer(t, uid, none);
  const transport = createXmlrpcTransport({ ...options, url: server.url });
  t.equal(await transport.call({ model: 'account.move', method: 'button_draft', ids: [1] }), null);
});

t.test('a login that fails is not remembered, and nothing was applied', async (t) => {
  const server = await startFaultyServer(
    t,
    xmlValue('<boolean>0</boolean>'),
    xmlValue('<string>seven</string>'),
    hangUp,
    html(503),
    uid,
    xmlFault(3, 'Access Denied'),
    uid,
    ids,
  );
  const transport = createXmlrpcTransport({ ...options, url: server.url });
  const denied = { name: 'SetupError', code: 'invalid_credentials', remedy: /ODOO_USERNAME and ODOO_API_KEY/ };
  const retry = { name: 'RetryableError', outcome: 'not-applied' };
  await t.rejects(Promise.all([transport.call(search), transport.userId()]), denied);
  await t.rejects(transport.call(search), { ...retry, code: 'odoo_answer_unreadable' });
  await t.rejects(transport.call(search), { ...retry, code: 'odoo_connection_lost' });
  await t.rejects(transport.call(search), { ...retry, code: 'odoo_unavailable' });
  await t.rejects(transport.call(search), denied, 'the user was archived after the login');
  t.same(await transport.call(search), [5], 'after another login');
  t.equal(server.asked.length, 8);
});

t.test('the deadline of a call holds for its login too', async (t) => {
  const server = await startFaultyServer(t, silence);
  const transport = createXmlrpcTransport({ ...options, url: server.url, timeoutMs: 1_500 });
  const login = t.rejects(transport.userId(), { code: 'odoo_timeout', outcome: 'unknown' });
  const begun = Date.now();
  const late = { name: 'RetryableError', code: 'odoo_timeout', outcome: 'not-applied' };
  await t.rejects(transport.call({ ...search, timeoutMs: 100 }), late);
  t.ok(Date.now() - begun < 1_200, 'by the deadline of the call, not of the login');
  t.equal(server.asked.length, 1);
  await login;
});

t.test('the call itself has the rest of its deadline', async (t) => {
  const slowLogin: typeof uid = (response, asked) => void setTimeout(() => uid(response, asked), 500);
  const server = await startFaultyServer(t, slowLogin, silence);
  const transport = createXmlrpcTransport({ ...options, url: server.url, timeoutMs: 20_000 });
  const begun = Date.now();
  const late = { name: 'RetryableError', code: 'odoo_timeout', outcome: 'unknown' };
  await t.rejects(transport.call({ ...search, timeoutMs: 800 }), late);
  const took = Date.now() - begun;
  t.ok(took >= 790 && took < 1_200, `not counted anew after the login (${took} ms)`);
});

t.test('what cannot be sent is not sent', async (t) => {
  const server = await startFaultyServer(t, uid);
  const transport = createXmlrpcTransport({ ...options, url: server.url });
  const error = { name: 'TerminalError', code: 'unstorable_value', message: /arguments\.vals\.name/ };
  const write = { model: 'res.partner', method: 'write', ids: [1] };
  await t.rejects(transport.call({ ...write, args: { vals: { name: 'a\u0000b' } } }), error);
  await t.rejects(transport.call({ ...write, args: { vals: { name: undefined as never } } }), error);
  t.equal(server.asked.length, 0);
  t.throws(() => createXmlrpcTransport({ ...options, url: server.url, apiKey: 'a\u0000' }), {
    code: 'unstorable_value',
  });
  const path = { name: 'SetupError', code: 'url_path_not_possible', remedy: /ODOO_TRANSPORT/ };
  t.throws(() => createXmlrpcTransport({ ...options, url: `${server.url}/erp` }), path);
  t.throws(() => createXmlrpcTransport({ ...options, url: 'https://bot:s3cret@h' }), { code: 'bad_odoo_url' });
});

t.test('answers that are no success', async (t) => {
  const traceback =
    'Traceback (most recent call last):\n  File x\n    y\nValueError: Invalid field &apos;zz&apos; on x';
  const forged = '<struct><member><name>__proto__</name><value><struct/></value></member></struct>';
  const cases: readonly (readonly [Parameters<typeof startFaultyServer>[1], object])[] = [
    [
      xmlFault(2, 'No lines'),
      { name: 'TerminalError', code: 'refused_by_odoo', message: 'Odoo refused the record: No lines' },
    ],
    [xmlFault(1, traceback), { name: 'SetupError', code: 'missing_field' }],
    [
      xmlFault(1, 'Traceback (most recent call last):\n  s3cret\nTypeError: s3cret'),
      { name: 'TerminalError', code: 'odoo_error' },
    ],
    [html(200), { name: 'SetupError', code: 'html_answer' }],
    [html(404), { name: 'SetupError', code: 'html_answer' }],
    [answer(404, 'text/xml', ''), { name: 'RetryableError', code: 'odoo_answer_unreadable' }],
    [json({}), { name: 'SetupError', code: 'html_answer' }],
    [html(500), { name: 'RetryableError', code: 'odoo_unavailable', outcome: 'unknown' }],
    [
      answer(429, 'text/html', '', { 'retry-after': '7' }),
      { code: 'rate_limited', outcome: 'not-applied', retryAfterMs: 7_000 },
    ],
    [answer(302, 'text/html', '', { location: '/web/login' }), { name: 'SetupError', code: 'redirected' }],
    [xml('<params><param>'), { name: 'RetryableError', code: 'odoo_answer_unreadable', outcome: 'unknown' }],
    [xmlValue(forged), { name: 'RetryableError', code: 'odoo_answer_unreadable', outcome: 'unknown' }],
    [xmlValue('<boolean>maybe</boolean>'), { name: 'RetryableError', code: 'odoo_answer_unreadable' }],
    [
      cutOff('text/xml', '<methodResponse>'),
      { name: 'RetryableError', code: 'odoo_connection_lost', outcome: 'unknown' },
    ],
    [hangUp, { name: 'RetryableError', code: 'odoo_connection_lost', outcome: 'unknown' }],
    [silence, { name: 'RetryableError', code: 'odoo_timeout', outcome: 'unknown' }],
    [endless('text/xml', '<methodResponse>'), { name: 'TerminalError', code: 'odoo_answer_too_large' }],
  ];
  for (const [fault, expected] of cases) {
    const server = await startFaultyServer(t, uid, fault ?? silence);
    const transport = createXmlrpcTransport({
      ...options,
      url: server.url,
      timeoutMs: 1_000,
      maxResponseBytes: 100_000,
    });
    await transport.userId();
    const error: unknown = await transport.call(search).then(String, (reason: unknown) => reason);
    t.match(error, expected);
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /s3cret|methodCall/, 'nothing of the request in it');
  }
});

t.test('connections that cannot be made', async (t) => {
  const plain = await startFaultyServer(t, uid);
  const tls = await startTlsServer(t, uid);
  const login = (url: string) => createXmlrpcTransport({ ...options, url }).userId();
  await t.rejects(login(await closedUrl()), {
    name: 'RetryableError',
    code: 'odoo_unreachable',
    outcome: 'not-applied',
  });
  await t.rejects(login(tls.url), { name: 'SetupError', code: 'bad_certificate' });
  await t.rejects(login(plain.url.replace('http:', 'https:')), { name: 'SetupError', code: 'wrong_protocol' });
  const unreachable = { name: 'RetryableError', outcome: 'not-applied' };
  await t.rejects(
    login('http://no-such-host.invalid'),
    { ...unreachable, code: 'odoo_unreachable' },
    'port 80 by default',
  );
  await t.rejects(login('https://no-such-host.invalid'), { ...unreachable, code: 'odoo_unreachable' }, 'port 443');
});
