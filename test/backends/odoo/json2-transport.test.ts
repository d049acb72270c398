import { inspect } from 'node:util';
import t from 'tap';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { ClockReading } from '../../../src/backends/odoo/transport.ts';
import {
  answer,
  closedUrl,
  cutOff,
  endless,
  html,
  json,
  silence,
  startFaultyServer,
  startTlsServer,
} from '../../support/faulty-server.ts';

const apiKey = 's3cret-key';
const options = { database: 'travel', username: 'bot@example.com', apiKey };
const search = { model: 'res.partner', method: 'search', args: { domain: [] } };

t.test('a call is one POST with named arguments', async (t) => {
  const server = await startFaultyServer(t, json([7]), json(null));
  const readings: ClockReading[] = [];
  const onClockReading = (reading: ClockReading) => readings.push(reading);
  const transport = createJson2Transport({ ...options, url: `${server.url}/erp/`, onClockReading });
  t.equal(transport.kind, 'json2');
  const context = { lang: 'fr_FR' };
  t.same(
    await transport.call({ model: 'res.partner', method: 'read', ids: [7], args: { fields: ['name'] }, context }),
    [7],
  );
  t.match(server.asked[0], {
    method: 'POST',
    path: '/erp/json/2/res.partner/read',
    headers: { authorization: `bearer ${apiKey}`, 'x-odoo-database': 'travel', 'content-type': 'application/json' },
  });
  t.same(JSON.parse(server.asked[0]?.body ?? ''), { fields: ['name'], ids: [7], context });
  t.equal(await transport.call({ model: 'res.partner', method: 'touch' }), null, "Python's None");
  t.equal(server.asked[1]?.body, '{}');
  t.equal(readings.length, 2);
  t.ok(Math.abs((readings[0]?.serverDate ?? 0) - Date.now()) < 5_000);
  await transport.close();
});

t.test('the uid is asked once, by all who wait for it', async (t) => {
  const server = await startFaultyServer(
    t,
    json({ message: 'x', name: 'y' }, 401),
    json({ lang: 'en_US' }),
    json({ uid: 7 }),
  );
  const transport = createJson2Transport({ ...options, url: server.url });
  await t.rejects(Promise.all([transport.userId(), transport.userId()]), { code: 'invalid_credentials' });
  await t.rejects(transport.userId(), { code: 'odoo_answer_unreadable' });
  t.same(await Promise.all([transport.userId(), transport.userId()]), [7, 7]);
  t.equal(await transport.userId(), 7);
  t.equal(server.asked.length, 3);
});

t.test('what cannot be sent is not sent', async (t) => {
  const server = await startFaultyServer(t, json(true));
  const transport = createJson2Transport({ ...options, url: server.url });
  const vals = { name: 'a\u0000b' };
  const error = { name: 'TerminalError', code: 'unstorable_value', message: /arguments\.vals\.name/ };
  await t.rejects(transport.call({ model: 'res.partner', method: 'write', ids: [1], args: { vals } }), error);
  t.equal(server.asked.length, 0);
  t.throws(() => createJson2Transport({ ...options, url: 'https://bot:s3cret@h' }), { code: 'bad_odoo_url' });
  t.throws(() => createJson2Transport({ ...options, url: server.url, apiKey: 'a\n' }), {
    code: 'bad_odoo_credentials',
  });
});

t.test('answers that are no success', async (t) => {
  const body = {
    name: 'odoo.exceptions.UserError',
    message: 'No lines',
    arguments: ['x'],
    context: {},
    debug: 'Traceback',
  };
  const noDatabase = answer(404, 'text/html', '<p>No database is selected and the requested URL was not found</p>');
  const cases: readonly (readonly [Parameters<typeof startFaultyServer>[1], object])[] = [
    [json(body, 422), { name: 'TerminalError', code: 'refused_by_odoo', message: 'Odoo refused the record: No lines' }],
    [json({ ...body, name: 'builtins.ValueError' }, 500), { name: 'TerminalError', code: 'odoo_error' }],
    [json('nothing of the kind', 403), { name: 'SetupError', code: 'access_denied' }],
    [noDatabase, { name: 'SetupError', code: 'unknown_database', remedy: /ODOO_DB/ }],
    [html(200), { name: 'SetupError', code: 'html_answer' }],
    [html(404), { name: 'SetupError', code: 'html_answer' }],
    [html(503), { name: 'RetryableError', code: 'odoo_unavailable', outcome: 'unknown' }],
    [answer(303, 'text/html', '', { location: '/web/login' }), { name: 'SetupError', code: 'redirected' }],
    [
      answer(200, 'application/json', '[1'),
      { name: 'RetryableError', code: 'odoo_answer_unreadable', outcome: 'unknown' },
    ],
    [cutOff('application/json', '[1'), { name: 'RetryableError', code: 'odoo_connection_lost', outcome: 'unknown' }],
    [silence, { name: 'RetryableError', code: 'odoo_timeout', outcome: 'unknown' }],
    [endless('application/json', '['), { name: 'TerminalError', code: 'odoo_answer_too_large' }],
  ];
  for (const [fault, expected] of cases) {
    const server = await startFaultyServer(t, fault ?? silence);
    const transport = createJson2Transport({
      ...options,
      url: server.url,
      timeoutMs: 1_000,
      maxResponseBytes: 100_000,
    });
    const error: unknown = await transport.call(search).then(String, (reason: unknown) => reason);
    t.match(error, expected);
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /s3cret|Traceback/, 'nothing of the request in it');
  }
});

t.test('connections that cannot be made', async (t) => {
  const plain = await startFaultyServer(t, json([]));
  const tls = await startTlsServer(t, json([]));
  const call = (url: string) => createJson2Transport({ ...options, url }).call(search);
  await t.rejects(call(await closedUrl()), {
    name: 'RetryableError',
    code: 'odoo_unreachable',
    outcome: 'not-applied',
  });
  await t.rejects(call(tls.url), { name: 'SetupError', code: 'bad_certificate' });
  await t.rejects(call(plain.url.replace('http:', 'https:')), { name: 'SetupError', code: 'wrong_protocol' });
});
