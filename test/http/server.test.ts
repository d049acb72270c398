/** The server as it is built for the bridge: no route without a description, and bodies that are left out. */
import { PassThrough } from 'node:stream';
import pino from 'pino';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { buildServer, type ServerOptions } from '../../src/http/server.ts';
import { createAudit } from '../../src/links/audit.ts';
import { createIdempotencyKeys } from '../../src/links/idempotency-keys.ts';
import { createTestDatabase } from '../support/postgres.ts';

const TOKEN = 'a-token-of-operators';

/** What no request of these tests comes to. */
const unused = () => {
  throw new Error('nobody asked for this');
};

async function build(t: Test, options: Partial<ServerOptions> = {}) {
  const db = openDatabase({ url: (await createTestDatabase(t)).url });
  const names = ['teacher'];
  const server = await buildServer({
    logger: pino(new PassThrough()),
    about: { version: '1.0.0' },
    apiTokens: [{ token: TOKEN, name: null, scopes: ['operate'] }],
    onRefused: unused,
    audit: createAudit(db),
    keys: createIdempotencyKeys(db),
    webhooks: { appSecrets: [], odooTokens: [], receive: unused, now: Date.now, onDelivery: unused },
    health: { isReady: unused, health: unused },
    sync: {
      resync: {} as ServerOptions['sync']['resync'],
      plan: unused,
      changes: {} as ServerOptions['sync']['changes'],
      collections: ['teachers'],
    },
    logs: {} as ServerOptions['logs'],
    retries: {} as ServerOptions['retries'],
    reports: {} as ServerOptions['reports'],
    decisions: {} as ServerOptions['decisions'],
    explain: { entities: names, explain: unused },
    erase: { entities: names, erase: unused },
    pause: { pauses: {} as ServerOptions['pause']['pauses'], entities: names },
    accounting: { exportAccounting: unused },
    doctor: { examine: unused },
    metrics: { render: unused },
    overview: { overview: unused, live: unused },
    ...options,
  });
  t.teardown(async () => {
    await server.close();
    await db.destroy();
  });
  return server;
}

t.test('each route says what it is', async (t) => {
  const server = await build(t);
  const undocumented = () => server.operations.filter((operation) => 'undocumented' in operation);
  t.same(undocumented(), [], 'register it with addRoute (see CONTRIBUTING.md), or as an asset of a page');
  t.ok(server.operations.length > 25);
  server.get('/secret', async () => ({}));
  server.get('/page.js', { config: { asset: true } }, async () => '');
  t.same(undocumented(), [{ undocumented: 'GET /secret' }]);
});

t.test('an empty body means no wishes, and half a body is none', async (t) => {
  const asked: unknown[] = [];
  const server = await build(t, {
    retries: {
      start: async (filter: object) => ({ runId: 'run', retried: asked.push(filter) }),
    } as unknown as ServerOptions['retries'],
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const post = async (body: string) =>
    (await fetch(`${url}/api/parked/retry`, { method: 'POST', headers, body })).status;
  t.same([await post(''), await post('{"entity":"guest"}'), await post('{')], [202, 202, 400]);
  t.same(asked, [{}, { entity: 'guest' }]);
});
