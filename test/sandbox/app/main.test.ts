/** The app as a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { createTestDatabase } from '../../support/postgres.ts';
import { receiveWebhooks, SECRET } from './receive-webhooks.ts';
import { startTestApp } from './start-test-app.ts';

const MAIN = join(import.meta.dirname, '../../../sandbox/app/main.ts');

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output.text += chunk;
    });
  }
  return { child, output, closed: once(child, 'close') };
}

t.test('it runs by itself, logs no personal data, and ends when it is told to', async (t) => {
  const { url } = await createTestDatabase(t, { empty: true });
  const receiver = await receiveWebhooks(t);
  const { child, output, closed } = run({
    APP_DATABASE_URL: url,
    APP_API_TOKEN: 'a-token-for-this-test',
    BRIDGE_WEBHOOK_URL: receiver.target.url,
    BRIDGE_WEBHOOK_SECRET: SECRET,
    PORT: '0',
  });
  t.teardown(() => child.kill('SIGKILL'));
  while (!output.text.includes('travel app is up')) await once(child.stdout, 'data');
  const appUrl = JSON.parse(output.text.split('\n').find((line) => line.includes('is up')) ?? '{}').url;
  const created = await fetch(`${appUrl}/api/guests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Ada","email":"ada@example.org"}',
  });
  t.equal(created.status, 201);
  const found = await fetch(`${appUrl}/bridge/guests?email=ada@example.org`, {
    headers: { authorization: 'Bearer a-token-for-this-test' },
  });
  t.equal(found.status, 200);
  await receiver.waitFor(1);
  child.kill('SIGTERM');
  t.same(await closed, [0, null]);
  t.match(output.text, '"route":"/bridge/:collection"');
  for (const secret of ['ada@', 'Ada', 'a-token', SECRET]) t.notMatch(output.text, secret);
});

t.test('it lists all that is wrong with its environment', async (t) => {
  const { output, closed } = run({ APP_API_TOKEN: 'short', PORT: 'x' });
  t.same(await closed, [2, null]);
  for (const name of ['APP_DATABASE_URL', 'APP_API_TOKEN', 'PORT']) t.match(output.text, `${name}: `);
  t.notMatch(output.text, 'short');
});

t.test('a taken port or an absent database ends the start', async (t) => {
  const app = await startTestApp(t);
  const port = Number(new URL(app.url).port);
  await t.rejects(startTestApp(t, { databaseUrl: app.databaseUrl, port }), { code: 'EADDRINUSE' });
  await t.rejects(startTestApp(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }), { code: 'ECONNREFUSED' });
});

t.test('while the database is away it says so, and goes on when it is back', async (t) => {
  const app = await startTestApp(t);
  await app.send('POST', '/api/guests', { name: 'Ada' });
  const { pathname } = new URL(app.databaseUrl);
  const name = pathname.slice(1);
  const admin = new pg.Client(Object.assign(new URL(app.databaseUrl), { pathname: '/postgres' }).href);
  await admin.connect();
  t.teardown(() => admin.end());
  await admin.query(`alter database ${name} allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  const away = await app.list('guests');
  t.match(away, { status: 503, json: { status: 503, detail: 'The database is away.' } });
  t.ok(Number(away.headers.get('retry-after')) > 0);
  await admin.query(`alter database ${name} allow_connections true`);
  t.equal((await app.list('guests')).status, 200);
});
