/** What the bridge's own doors refuse, each with its status and in its order, and that none of it is repeated in the log. */
import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(90_000);

t.test('the doors of the bridge', async (t) => {
  const odoo = await startOdooSimulator();
  t.teardown(() => odoo.close());
  // Nobody but the test knocks at the doors, and no poll comes between.
  const { app, bridge, config, secrets } = await startBridge(t, { odoo, install: false, webhooks: false });
  await bridge.schedule.pollNow();
  const id = await appPerson(app.url).create('teachers', { name: 'Nora Known' });
  const EVENT = JSON.stringify({ type: 'teacher.updated', timestamp: 'x', data: { id } });
  const { db } = bridge.context;

  async function post(path: string, body: string, headers: Record<string, string> = {}) {
    const response = await fetch(bridge.url + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, type: response.headers.get('content-type') ?? '', json };
  }
  /** Signs as the app does. */
  function signed(body: string, { id = `msg_${randomUUID()}`, at = Math.floor(Date.now() / 1000) } = {}) {
    const key = Buffer.from(secrets.webhook.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
  }
  const marks = async () =>
    (await db.selectFrom('links').select('dirty_seq').where('app_id', '=', id).executeTakeFirst())?.dirty_seq;

  await t.test('an event of the app: accepted once, marked once', async (t) => {
    const headers = signed(EVENT);
    t.match(await post('/webhooks/app', EVENT, headers), { status: 202, json: { accepted: true, duplicate: false } });
    await waitUntil('its record is marked', async () => (await marks()) === '1');
    t.match(await post('/webhooks/app', EVENT, headers), { status: 202, json: { accepted: true, duplicate: true } });
    const stored = await db.selectFrom('deliveries').select('looks').where('record_id', '=', id).execute();
    t.same(stored, [{ looks: 0 }], 'the replay is not stored, and marks nothing');
    t.equal(await marks(), '1');
  });

  await t.test('an event of the app: refused', async (t) => {
    const now = Math.floor(Date.now() / 1000);
    const cases: [string, number, string, Record<string, string>][] = [
      ['no signature', 401, EVENT, {}],
      ['a wrong signature', 401, EVENT, { ...signed(EVENT), 'webhook-signature': 'v1,AAAA' }],
      ['a signature of another body', 401, `${EVENT} `, signed(EVENT)],
      ['an old timestamp', 401, EVENT, signed(EVENT, { at: now - 400 })],
      ['a timestamp of the future', 401, EVENT, signed(EVENT, { at: now + 400 })],
      [
        'an unknown entity',
        422,
        '{"type":"unicorn.updated","data":{"id":"1"}}',
        signed('{"type":"unicorn.updated","data":{"id":"1"}}'),
      ],
      ['no event', 422, '[1]', signed('[1]')],
      ['no JSON', 422, 'x', signed('x')],
      ['another type of content', 415, EVENT, { ...signed(EVENT), 'content-type': 'text/plain' }],
      ['too large, before anything else', 413, 'x'.repeat(70_000), { 'content-type': 'text/plain' }],
    ];
    for (const [what, status, body, headers] of cases) {
      const answer = await post('/webhooks/app', body, headers);
      t.equal(answer.status, status, what);
      t.match(answer.type, /^application\/problem\+json/, what);
      t.match(answer.json, { title: /./, status }, what);
    }
  });

  await t.test('a notification of Odoo', async (t) => {
    const body = '{"_model":"res.partner","_id":4711,"_action":"x"}';
    const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`bridge:${token}`).toString('base64')}` });
    t.match(await post(`/webhooks/odoo/${secrets.odooToken}`, body), { status: 202, json: { accepted: true } });
    t.match(await post('/webhooks/odoo', body, basic(secrets.odooToken)), { status: 202 });
    t.equal((await post('/webhooks/odoo/not-the-token-of-the-bridge', body)).status, 401);
    t.equal((await post('/webhooks/odoo', body, basic('nothing'))).status, 401);
    t.equal((await post('/webhooks/odoo', body)).status, 401);
    t.equal((await post(`/webhooks/odoo/${secrets.odooToken}`, '{"_model":"res.users","_id":1}')).status, 422);
    t.equal((await post(`/webhooks/odoo/${secrets.odooToken}`, '{"_id":1}')).status, 422);
    t.equal((await post(`/webhooks/odoo/${secrets.odooToken}`, 'x'.repeat(70_000))).status, 413);
    t.equal((await post(`/webhooks/odoo/${secrets.odooToken}`, body, { 'content-type': 'text/plain' })).status, 415);
  });

  await t.test('the doors of operators', async (t) => {
    const token = { authorization: `Bearer ${secrets.api}` };
    const get = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(bridge.url + path, { headers })).status;
    t.same([await get('/livez'), await get('/readyz')], [200, 200]);
    for (const path of ['/healthz', '/api/links', '/api/parked', '/api/sync/runs/x']) {
      t.same([await get(path), await get(path, { authorization: 'Bearer wrong' })], [401, 401], path);
    }
    t.same(
      [await get('/healthz', token), await get('/api/links', token), await get('/api/links?cursor=x', token)],
      [200, 200, 422],
    );
    t.equal(await get('/api/sync/runs/00000000-0000-4000-8000-000000000000', token), 404);
    t.match(await post('/api/sync/unicorns', '{}', token), { status: 404, json: { detail: /teachers/ } });
    t.equal((await post('/api/sync/teachers', '{"since":"yesterday"}', token)).status, 422);
    t.equal((await post('/api/sync/teachers', '{"ids":"1"}', token)).status, 422);
    t.equal((await post('/api/sync/teachers', '{', token)).status, 400);
    t.match(await post('/api/sync/teachers', '{"dry_run":1}', token), { status: 422, json: { detail: /dry_run/ } });
    t.equal((await post('/api/parked/retry', '{"what":1}', token)).status, 422);
    t.equal(await get('/nowhere', token), 404);
  });

  await t.test('a manual resync, with its progress', async (t) => {
    const token = { authorization: `Bearer ${secrets.api}` };
    const { json } = await post('/api/sync/contacts', '{}', token);
    const done = await waitUntil('the run is done', async () => {
      const answer = await fetch(`${bridge.url}/api/sync/runs/${String(json.run_id)}`, { headers: token });
      const run = (await answer.json()) as Record<string, unknown>;
      return run.status === 'done' ? run : null;
    });
    t.match(done, { collection: 'contacts', dry_run: false, parked: 0, finished_at: String });
  });

  await t.test('a body that never comes to its end does not hold a connection', async (t) => {
    const { hostname, port } = new URL(bridge.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /webhooks/app HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    const begun = Date.now();
    await new Promise((resolve) => socket.once('close', resolve).resume());
    t.ok(Date.now() - begun < 20_000, 'it was closed');
  });

  await t.test('no secret and no body is in the log', async (t) => {
    const log = await readFile(config.LOG_FILE, 'utf8');
    t.ok(log.length > 0);
    for (const secret of [
      secrets.api,
      secrets.odooToken,
      secrets.webhook,
      odoo.apiKey,
      config.APP_API_TOKEN,
      'unicorn',
    ]) {
      t.notOk(log.includes(secret));
    }
  });
});
