import t from 'tap';
import { createAppClient } from '../../../src/backends/app/app-client.ts';
import { traceError } from '../../support/error-traces.ts';
import {
  type Answer,
  answer,
  closedUrl,
  cutOff,
  endless,
  garbage,
  hangUp,
  html,
  json,
  silence,
  stall,
  startFaultyServer,
  startTlsServer,
  trickle,
} from '../../support/faulty-server.ts';

const token = 's3cret-token';
const limits = { timeoutMs: 1_000, maxResponseBytes: 1_000 };
const edit = { name: 's3cret name' };

t.test('a question and its answer', async (t) => {
  const server = await startFaultyServer(t, json({ data: [] }), json({ results: ['é'] }));
  const call = createAppClient({ url: `${server.url}/travel//`, token });
  const before = Date.now();
  const { body, sentAt, receivedAt } = await call('GET', '/bridge/teachers?limit=2');
  t.same(body, { data: [] });
  t.ok(before <= sentAt && sentAt <= receivedAt && receivedAt <= Date.now());
  t.match(server.asked[0], {
    method: 'GET',
    path: '/travel/bridge/teachers?limit=2',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': undefined },
    body: '',
  });
  t.same((await call('POST', '/bridge/batch', edit)).body, { results: ['é'] });
  t.match(server.asked[1], {
    method: 'POST',
    path: '/travel/bridge/batch',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(edit),
  });
});

t.test('bytes stay bytes where they are asked for', async (t) => {
  const server = await startFaultyServer(t, json({ not: 'parsed' }));
  const call = createAppClient({ url: server.url, token, raw: true });
  const { body } = await call('GET', '/bridge/documents/1/content');
  t.ok(Buffer.isBuffer(body));
  t.same(JSON.parse(String(body)), { not: 'parsed' });
});

t.test('answers that are no success', async (t) => {
  const setUp = (code: string, remedy: RegExp) => ({ name: 'SetupError', code, remedy });
  const retry = (code: string, outcome: string) => ({ name: 'RetryableError', code, outcome });
  const refused = { name: 'TerminalError', code: 'app_refused_request' };
  const lost = retry('app_connection_lost', 'unknown');
  const cases: readonly (readonly [Answer, object, 'GET'?])[] = [
    [json({}, 401), setUp('app_refused_token', /APP_API_TOKEN/)],
    [html(403), setUp('app_refused_token', /APP_API_TOKEN/)],
    [html(404), setUp('app_wrong_address', /APP_URL/)],
    [html(200), setUp('app_answer_not_json', /APP_URL/)],
    [answer(204, 'application/json', ''), setUp('app_answer_not_json', /APP_URL/)],
    [answer(200, 'application/json', '{"data":[{"name":"s3cret'), setUp('app_answer_not_json', /APP_URL/)],
    [json({ s3cret: 1 }, 400), refused],
    [json({}, 413), refused],
    [json({}, 422), refused],
    [json({}, 429), retry('app_rate_limited', 'not-applied')],
    [html(500), retry('app_failed', 'unknown')],
    [html(502), retry('app_failed', 'unknown')],
    [html(500), retry('app_failed', 'not-applied'), 'GET'],
    [hangUp, lost],
    [garbage('s3cret\r\n\r\n'), lost],
    [cutOff('application/json', '{"data":['), lost],
    [silence, retry('app_timeout', 'unknown')],
    [stall('application/json', '['), retry('app_timeout', 'unknown')],
    [trickle('application/json', '['), retry('app_timeout', 'unknown')],
    [endless('application/json', '['), { name: 'TerminalError', code: 'app_answer_too_large', message: /1000 bytes/ }],
    [endless('text/html', '<html>', 404), { name: 'TerminalError', code: 'app_answer_too_large' }],
  ];
  for (const [fault, expected, method = 'POST'] of cases) {
    const server = await startFaultyServer(t, fault);
    const call = createAppClient({ ...limits, url: server.url, token });
    const asked = method === 'GET' ? call('GET', '/bridge/teachers') : call('POST', '/bridge/batch', edit);
    const error: unknown = await asked.then(String, (reason: unknown) => reason);
    t.match(error, expected);
    t.notMatch(traceError(error), /s3cret/, 'neither token nor values in it');
    if (/timeout|large/.test((error as { code: string }).code)) await server.hungUpOn();
  }
});

t.test('a redirect would carry the token elsewhere', async (t) => {
  const other = await startFaultyServer(t, json({}));
  const server = await startFaultyServer(t, answer(307, 'text/html', '', { location: `${other.url}/bridge/teachers` }));
  const call = createAppClient({ url: server.url, token });
  await t.rejects(call('GET', '/bridge/teachers'), { name: 'SetupError', code: 'app_wrong_address', message: /307/ });
  t.equal(other.asked.length, 0);
});

t.test("the app's wish how long to wait", async (t) => {
  const wish = async (header: Record<string, string>) => {
    const server = await startFaultyServer(t, answer(503, 'text/html', '', header));
    const error: unknown = await createAppClient({ url: server.url, token })('GET', '/').catch((reason) => reason);
    return (error as { retryAfterMs?: number }).retryAfterMs;
  };
  t.equal(await wish({}), undefined);
  t.equal(await wish({ 'retry-after': '7' }), 7_000);
  t.equal(await wish({ 'retry-after': 'soon' }), undefined);
  t.equal(await wish({ 'retry-after': 'Mon, 23 Nov 2020 10:00:00 GMT' }), 0, 'a date that has passed');
  const inAMinute = (await wish({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })) ?? 0;
  t.ok(inAMinute > 50_000 && inAMinute <= 60_000, 'a date to come');
});

t.test('connections that cannot be made', async (t) => {
  const ask = (url: string) => createAppClient({ url, token })('POST', '/bridge/batch', edit);
  const unreachable = { name: 'RetryableError', code: 'app_unreachable', outcome: 'not-applied', remedy: /APP_URL/ };
  await t.rejects(ask(await closedUrl()), { ...unreachable, message: /ECONNREFUSED/ });
  await t.rejects(ask('http://no-such-host.invalid'), unreachable);
  const tls = await startTlsServer(t, json({}));
  const certificate = { name: 'SetupError', code: 'app_bad_certificate', remedy: /NODE_EXTRA_CA_CERTS/ };
  await t.rejects(ask(tls.url), certificate);
  t.equal(tls.asked.length, 0, 'the token was not sent');
  const error: unknown = await ask('http://bot:s3cret@127.0.0.1').then(String, (reason: unknown) => reason);
  t.match(error, { code: 'app_connection_lost' }, 'a failure without a code');
  t.notMatch(traceError(error), /s3cret/);
});

t.test('a token that no header can carry is told as such', async (t) => {
  const server = await startFaultyServer(t, json({}));
  for (const wrong of ['', 's3cret\n', 's3 cret', 's3crét']) {
    const call = createAppClient({ url: server.url, token: wrong });
    const error = { name: 'SetupError', code: 'bad_app_token', message: /^APP_API_TOKEN (?!.*s3)/ };
    await t.rejects(call('GET', '/'), error);
  }
  t.equal(server.asked.length, 0);
});
