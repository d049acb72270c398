import { createHmac } from 'node:crypto';
import pg from 'pg';
import t from 'tap';
import { retryDelay } from '../../../sandbox/app/webhooks/deliver-event.ts';
import { type Received, receiveWebhooks, SECRET, until } from './receive-webhooks.ts';
import { createNamed, startTestApp } from './start-test-app.ts';

/** Computed from the specification, not by the code under test. */
function expectedSignature({ headers, raw }: Received): string {
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

async function countWaiting(databaseUrl: string): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query('select count(*)::int as n from travel_app.outbox where given_up_at is null');
  await client.end();
  return rows[0].n;
}

t.test('every change is told at once, signed, in the words of the contract', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t, { webhook: receiver.target });
  const started = Date.now();
  const [ada] = await createNamed(app, 'teachers', 'Ada');
  await receiver.waitFor(1);
  const updated = (await app.send('PATCH', `/api/teachers/${ada.id}`, { phone: '1' })).json;
  await receiver.waitFor(2);
  await app.send('POST', `/api/teachers/${ada.id}/archive`);
  await receiver.waitFor(3);
  await app.send('POST', `/api/teachers/${ada.id}/restore`);
  await receiver.waitFor(4);

  const { received } = receiver;
  const types = received.map(({ body }) => body.type);
  t.same(types, ['teacher.created', 'teacher.updated', 'teacher.archived', 'teacher.restored']);
  t.same(received[1]?.body.data, { id: ada.id, updated_at: updated.updated_at });
  t.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 4);
  for (const one of received) {
    t.match(one.headers, { 'content-type': 'application/json', 'webhook-id': /^msg_[0-9a-f-]{36}$/ });
    t.equal(one.headers['webhook-signature'], expectedSignature(one));
    t.ok(Math.abs(Number(one.headers['webhook-timestamp']) - one.at / 1000) < 2);
    t.match(one.body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    t.notMatch(one.raw, 'Ada', 'an event carries no personal data');
  }
  t.ok(Date.now() - started < 2_000, 'no polling delay');
});

t.test('an edit by the bridge is told like any other, and what changes nothing is not', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t, { webhook: receiver.target });
  const operations = [
    { op: 'create', idempotency_key: 'a', fields: { name: 'Ada' } },
    { op: 'create', idempotency_key: 'b', fields: { name: 'Bo' } },
  ];
  await app.batch('tenants', ...operations);
  await app.batch('tenants', ...operations);
  await app.batch(
    'tenants',
    { op: 'update', id: '1', idempotency_key: 'c', fields: { name: 'Ada' } },
    { op: 'update', id: '1', idempotency_key: 'd', fields: { name: 'X' }, if_updated_at: 'old' },
    { op: 'update', id: '1', idempotency_key: 'e', fields: { country: 'x' } },
    { op: 'update', id: '9', idempotency_key: 'f', fields: {} },
  );
  await app.batch('tenants', { op: 'update', id: '2', idempotency_key: 'g', fields: { name: 'Bob' } });
  await receiver.waitFor(3);
  await until(async () => (await countWaiting(app.databaseUrl)) === 0);
  const told = receiver.received.map(({ body }) => `${body.type} ${body.data.id}`).sort();
  t.same(told, ['tenant.created 1', 'tenant.created 2', 'tenant.updated 2']);
});

t.test('a refused event comes again, the same but for its attempt, and waits as it is asked', async (t) => {
  const replies = [
    { status: 500 },
    { status: 302, headers: { location: '/elsewhere' } },
    { status: 429, headers: { 'retry-after': '3' } },
  ];
  const receiver = await receiveWebhooks(t, { reply: (index) => replies[index] ?? { status: 204 } });
  const app = await startTestApp(t, { webhook: receiver.target });
  await createNamed(app, 'guests', 'Ada');
  await receiver.waitFor(4);
  await until(async () => (await countWaiting(app.databaseUrl)) === 0);

  const { received } = receiver;
  t.equal(received.length, 4, 'the redirect was not followed');
  t.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
  t.equal(new Set(received.map(({ raw }) => raw)).size, 1);
  for (const one of received) t.equal(one.headers['webhook-signature'], expectedSignature(one));
  t.ok(
    Number(received[3]?.headers['webhook-timestamp']) > Number(received[0]?.headers['webhook-timestamp']),
    'signed anew: an old timestamp would be refused for ever',
  );
  const [first = 0, second = 0, third = 0, fourth = 0] = received.map(({ at }) => at);
  t.ok(second - first >= 390 && second - first < 1_500, `the first retry comes fast (${second - first} ms)`);
  t.ok(third - second >= 790, `the next one later (${third - second} ms)`);
  t.ok(fourth - third >= 2_990, `Retry-After is honoured (${fourth - third} ms)`);
});

t.test('events survive a dead bridge and a restart of the app', async (t) => {
  const dead = await receiveWebhooks(t);
  const gone = { ...dead.target, url: 'http://127.0.0.1:1/webhooks/app' };
  const app = await startTestApp(t, { webhook: gone });
  await createNamed(app, 'guests', 'Ada', 'Bo', 'Cy');
  t.equal(await countWaiting(app.databaseUrl), 3);
  await app.close();
  t.equal(await countWaiting(app.databaseUrl), 3);

  const receiver = await receiveWebhooks(t);
  const again = await startTestApp(t, { databaseUrl: app.databaseUrl, webhook: receiver.target });
  await receiver.waitFor(3);
  await until(async () => (await countWaiting(again.databaseUrl)) === 0);
  t.same(receiver.received.map(({ body }) => body.data.id).sort(), ['1', '2', '3']);
});

t.test('closing does not wait for a receiver that hangs, and the event is sent by the next process', async (t) => {
  const hanging = await receiveWebhooks(t, { reply: () => ({ status: 202, after: new Promise(() => {}) }) });
  const app = await startTestApp(t, { webhook: hanging.target });
  await createNamed(app, 'guests', 'Ada');
  await hanging.waitFor(1);
  const started = Date.now();
  await app.close();
  t.ok(Date.now() - started < 5_000);

  const receiver = await receiveWebhooks(t);
  await startTestApp(t, { databaseUrl: app.databaseUrl, webhook: receiver.target });
  await receiver.waitFor(1);
  t.equal(receiver.received[0]?.headers['webhook-id'], hanging.received[0]?.headers['webhook-id']);
});

t.test('one slow answer does not hold up the others', async (t) => {
  let release = (): void => {};
  const after = new Promise<void>((resolve) => {
    release = resolve;
  });
  const receiver = await receiveWebhooks(t, {
    reply: (index) => (index === 0 ? { status: 202, after } : { status: 202 }),
  });
  const app = await startTestApp(t, { webhook: receiver.target });
  const names = Array.from({ length: 30 }, (_, index) => `Guest ${index}`);
  await createNamed(app, 'guests', ...names);
  await receiver.waitFor(30);
  t.pass('29 others arrived while the first one hung');
  release();
  await until(async () => (await countWaiting(app.databaseUrl)) === 0);
  t.equal(receiver.received.length, 30, 'each once');
});

t.test('without a receiver nothing is recorded; what was recorded before waits for the next one', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t);
  await createNamed(app, 'guests', 'Ada');
  app.setWebhook({ ...receiver.target, url: 'http://127.0.0.1:1/' });
  await createNamed(app, 'guests', 'Bo');
  app.setWebhook(null);
  await createNamed(app, 'guests', 'Cy');
  app.setWebhook(receiver.target);
  await createNamed(app, 'guests', 'Di');
  await receiver.waitFor(2);
  await until(async () => (await countWaiting(app.databaseUrl)) === 0);
  t.same(receiver.received.map(({ body }) => body.data.id).sort(), ['2', '4']);
});

t.test('an event that nobody took for three days is kept and left alone', async (t) => {
  const receiver = await receiveWebhooks(t, { reply: () => ({ status: 410 }) });
  const app = await startTestApp(t, { webhook: receiver.target });
  await createNamed(app, 'guests', 'Ada');
  await receiver.waitFor(1);
  const client = new pg.Client(app.databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  await client.query("update travel_app.outbox set created_at = now() - interval '4 days'");
  await until(async () => (await countWaiting(app.databaseUrl)) === 0);
  t.equal((await client.query('select * from travel_app.outbox where given_up_at is not null')).rowCount, 1);
});

t.test('a malformed target is refused, without repeating its secret', async (t) => {
  const app = await startTestApp(t);
  const url = 'http://127.0.0.1:1/';
  for (const secret of [
    '',
    'c2VjcmV0',
    'whsec_',
    'whsec_c2hvcnQ=',
    'whsec_not base64 at all, but long enough for it',
  ]) {
    t.throws(
      () => app.setWebhook({ url, secret }),
      { message: 'The webhook secret must be whsec_ followed by 24 to 64 bytes in base64.' },
      secret,
    );
  }
  t.throws(() => app.setWebhook({ url: 'ftp://x/', secret: SECRET }), { message: /must be an http or https URL/ });
  await t.rejects(startTestApp(t, { webhook: { url, secret: 'x' } }), { message: /webhook secret/ });
});

t.test('retries grow to a minute, give or take a fifth', async (t) => {
  t.same(
    [1, 2, 3, 8, 100].map((attempts) => retryDelay(attempts, 0.5)),
    [500, 1_000, 2_000, 60_000, 60_000],
  );
  t.equal(retryDelay(1, 0), 400);
  t.equal(retryDelay(1, 1), 600);
});
