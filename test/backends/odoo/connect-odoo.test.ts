import t from 'tap';
import { connectOdoo, fetchOdooVersion } from '../../../src/backends/odoo/connect-odoo.ts';
import { answer, closedUrl, html, json, silence, startFaultyServer } from '../../support/faulty-server.ts';

const options = { database: 'travel', username: 'bot', apiKey: 'key' };
const nineteen = json({ version: '19.0-20260101', version_info: [19, 0, 0, 'final', 0, ''] });
const eighteen = json({ result: { server_version: 'saas~18.2', server_version_info: ['saas~18', 2] } });

t.test('the protocol follows the version', async (t) => {
  const modern = await startFaultyServer(t, nineteen);
  const older = await startFaultyServer(
    t,
    ...Array(9)
      .fill([html(404), eighteen])
      .flat(),
  );
  const connect = async (url: string, transport: 'auto' | 'xmlrpc' | 'json2') => {
    const connection = await connectOdoo({ ...options, url, transport });
    return [connection.transport.kind, connection.version.major];
  };
  t.same(await connect(modern.url, 'auto'), ['json2', 19]);
  t.same(await connect(modern.url, 'json2'), ['json2', 19]);
  t.same(await connect(modern.url, 'xmlrpc'), ['xmlrpc', 19]);
  t.same(await connect(older.url, 'auto'), ['xmlrpc', 18]);
  t.same(await connect(older.url, 'xmlrpc'), ['xmlrpc', 18]);
  const error = { name: 'SetupError', code: 'no_json2', message: /saas~18\.2/, remedy: /ODOO_TRANSPORT/ };
  await t.rejects(connect(older.url, 'json2'), error);
});

t.test('the version is asked for without database or key, below the path of the URL', async (t) => {
  const server = await startFaultyServer(t, html(404), eighteen);
  t.same(await fetchOdooVersion(`${server.url}/erp/`), { major: 18, full: 'saas~18.2' });
  t.same(
    server.asked.map(({ method, path }) => `${method} ${path}`),
    ['GET /erp/web/version', 'POST /erp/jsonrpc'],
  );
  t.notMatch(JSON.stringify(server.asked), /travel|authorization/);
});

t.test('addresses that are no Odoo', async (t) => {
  const cases: readonly (readonly [
    Parameters<typeof startFaultyServer>[1],
    { code: string; name: string; remedy?: RegExp },
  ])[] = [
    [html(200), { name: 'SetupError', code: 'html_answer' }],
    [html(502), { name: 'RetryableError', code: 'odoo_unavailable' }],
    [answer(302, 'text/html', '', { location: '/' }), { name: 'SetupError', code: 'redirected' }],
    [json({ hello: 'world' }), { name: 'SetupError', code: 'not_odoo', remedy: /ODOO_URL/ }],
    [json({ version: 'main', version_info: ['main'] }), { name: 'SetupError', code: 'not_odoo' }],
    [silence, { name: 'RetryableError', code: 'odoo_timeout' }],
  ];
  for (const [fault, error] of cases) {
    const server = await startFaultyServer(t, fault ?? silence);
    await t.rejects(fetchOdooVersion(server.url, { timeoutMs: 300 }), error);
  }
  await t.rejects(fetchOdooVersion(await closedUrl()), { code: 'odoo_unreachable' });
  await t.rejects(fetchOdooVersion('nowhere'), { code: 'bad_odoo_url' });
});

t.test(
  'each request passes the gate, then and later; one that wants to be left alone is not asked in another way',
  async (t) => {
    let passed = 0;
    const gate = <T>(call: () => Promise<T>) => {
      passed += 1;
      return call();
    };
    const older = await startFaultyServer(t, html(404), eighteen);
    await fetchOdooVersion(older.url, { gate });
    t.equal(passed, 2);
    const server = await startFaultyServer(t, nineteen, json([]));
    const { transport } = await connectOdoo({ ...options, url: server.url, transport: 'auto', gate });
    await transport.call({ model: 'res.partner', method: 'search' });
    t.equal(passed, 4);
    const busy = await startFaultyServer(t, answer(429, 'text/html', '', { 'retry-after': '9' }));
    await t.rejects(fetchOdooVersion(busy.url), { code: 'rate_limited', retryAfterMs: 9_000 });
    t.equal(busy.asked.length, 1);
  },
);
