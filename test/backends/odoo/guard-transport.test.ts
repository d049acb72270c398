import t from 'tap';
import { createBreaker } from '../../../src/backends/breaker.ts';
import { createGate, type Gate } from '../../../src/backends/gate.ts';
import { guardTransport, ODOO_ANSWERS } from '../../../src/backends/odoo/guard-transport.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { type Answer, html, json, startFaultyServer, xmlFault, xmlValue } from '../../support/faulty-server.ts';

const options = { database: 'travel', username: 'bot', apiKey: 'key' };
const search = { model: 'res.partner', method: 'search', args: { domain: [] } };
const uid = xmlValue('<int>7</int>');
const none = xmlValue('<array><data></data></array>');
const denied = xmlFault(3, 'Access Denied');

/** Counts how often the gate was passed. */
function countingGate(): { gate: Gate; passed: () => number } {
  let passed = 0;
  const gate: Gate = (call) => {
    passed += 1;
    return call();
  };
  return { gate, passed: () => passed };
}

t.test('over XML-RPC each request passes the gate on its own, the login too', async (t) => {
  const server = await startFaultyServer(t, uid, none, none, denied, uid, none);
  const { gate, passed } = countingGate();
  const transport = guardTransport(createXmlrpcTransport({ ...options, url: server.url }), gate);
  t.equal(transport.kind, 'xmlrpc');
  await transport.call(search);
  await transport.call(search);
  t.same([server.asked.length, passed()], [3, 3]);
  await t.rejects(transport.call(search), { code: 'invalid_credentials' });
  await transport.call(search);
  t.same([server.asked.length, passed()], [6, 6], 'signed in again');
  await transport.close();
});

t.test('a login that got no answer leaves the call itself not applied', async (t) => {
  const server = await startFaultyServer(t, html(502));
  const transport = guardTransport(createXmlrpcTransport({ ...options, url: server.url }), (call) => call());
  await t.rejects(transport.call(search), { code: 'odoo_unavailable', outcome: 'not-applied' });
  const broken = guardTransport(createXmlrpcTransport({ ...options, url: server.url }), () =>
    Promise.reject(new TypeError('a bug')),
  );
  await t.rejects(broken.call(search), new TypeError('a bug'));
});

t.test('JSON-2 has no login of its own', async (t) => {
  const server = await startFaultyServer(t, json({ uid: 7 }), json([]), html(404), json([]));
  const { gate, passed } = countingGate();
  const transport = guardTransport(createJson2Transport({ ...options, url: server.url }), gate);
  t.equal(await transport.userId(), 7);
  await transport.call(search);
  await t.rejects(transport.call(search), { name: 'SetupError' });
  await transport.call(search);
  t.same([server.asked.length, passed()], [4, 4]);
});

t.test('what Odoo says about records and rights leaves the breaker closed, the rest opens it', async (t) => {
  const fault = (status: number, name: string, message = '') => json({ name, message }, status);
  const cases: readonly (readonly [Answer, string, string])[] = [
    [fault(500, 'psycopg2.errors.SerializationFailure'), 'odoo_busy', 'closed'],
    [fault(403, 'odoo.exceptions.AccessError'), 'access_denied', 'closed'],
    [fault(422, 'odoo.exceptions.ValidationError', 'No.'), 'refused_by_odoo', 'closed'],
    [fault(404, 'werkzeug.exceptions.NotFound'), 'unknown_method', 'closed'],
    [fault(404, 'NotFound', "the model 'x.y' does not exist"), 'missing_module', 'closed'],
    [fault(500, 'builtins.KeyError'), 'missing_field', 'closed'],
    [fault(401, 'odoo.exceptions.AccessDenied'), 'invalid_credentials', 'open'],
    [fault(500, 'psycopg2.OperationalError'), 'odoo_database_unavailable', 'open'],
    [html(503), 'odoo_unavailable', 'open'],
    [html(429), 'rate_limited', 'open'],
  ];
  for (const [answer, code, state] of cases) {
    const server = await startFaultyServer(t, answer);
    const breaker = createBreaker({ now: Date.now, random: Math.random, answers: ODOO_ANSWERS });
    const transport = guardTransport(createJson2Transport({ ...options, url: server.url }), createGate(breaker));
    for (let times = 0; times < 3; times += 1) await t.rejects(transport.call(search), { code });
    t.equal(breaker.state(), state, code);
  }
});
