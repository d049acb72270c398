/** The document is right, whole, and true: each real answer of each route is held against it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { type ApiDocument, describeApi } from '../../src/http/openapi.ts';
import type { Operation } from '../../src/http/operation.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(180_000);

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Fields }>> }>
  >;
}

/** Routes of the contract, those of the health and of the webhooks; one that is missing is missed here. */
const CONTRACT = [
  'GET /livez',
  'GET /readyz',
  'GET /healthz',
  'GET /metrics',
  'POST /api/sync/{collection}',
  'GET /api/sync/runs/{id}',
  'POST /api/sync/runs/{id}/cancel',
  'GET /api/links',
  'GET /api/links/{entity}/{id}',
  'GET /api/logs',
  'GET /api/conflicts',
  'POST /api/conflicts/{id}/restore',
  'GET /api/parked',
  'POST /api/parked/retry',
  'POST /api/entities/{entity}/pause',
  'POST /api/entities/{entity}/resume',
  'GET /api/held',
  'POST /api/held/release',
  'POST /api/held/{id}/resolve',
  'POST /api/accounting/export',
  'GET /docs',
  'GET /ops',
  'GET /docs/json',
  'POST /webhooks/app',
  'POST /webhooks/odoo',
  'POST /webhooks/odoo/{token}',
];

t.test('the document and the real answers', async (t) => {
  const odoo = await startOdooSimulator();
  t.teardown(() => odoo.close());
  const setup = await startBridge(t, { odoo });
  const authorization = `Bearer ${setup.secrets.api}`;
  const response = await fetch(`${setup.bridge.url}/docs/json`, { headers: { authorization } });
  const document = (await response.json()) as ApiDocument;

  await t.test('is OpenAPI 3.1', async (t) => {
    t.same(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>), {
      valid: true,
    });
    t.match(document, { openapi: '3.1.0', info: { version: /^\d+\.\d+\.\d+$/ } });
  });

  await t.test('has each route of the contract, under a name of its own', async (t) => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [`${method.toUpperCase()} ${path}`, operationId]),
    );
    const routes = new Set(operations.map(([route]) => route));
    t.same(
      CONTRACT.filter((route) => !routes.has(route)),
      [],
    );
    t.equal(new Set(operations.map(([, id]) => id)).size, operations.length);
  });

  await t.test('each says which scope it needs', async (t) => {
    const scope = (path: string, method: string) => {
      const { 'x-scope': needed, security } = document.paths[path]?.[method] ?? {};
      return [needed, security];
    };
    t.same(scope('/api/logs', 'get'), ['read', [{ token: ['read'] }]]);
    t.same(scope('/api/held/release', 'post'), ['operate', [{ token: ['operate'] }]]);
    t.same(scope('/api/accounting/export', 'post'), ['export', [{ token: ['export'] }]]);
    t.same(scope('/livez', 'get'), [undefined, []]);
    t.same(scope('/webhooks/app', 'post'), [undefined, [{ app: [] }]]);
  });

  await t.test('what changes something takes an Idempotency-Key', async (t) => {
    const takes = (path: string, method: string) =>
      JSON.stringify(document.paths[path]?.[method]?.parameters ?? []).includes('"Idempotency-Key"');
    t.ok(takes('/api/sync/{collection}', 'post'));
    t.notOk(takes('/api/logs', 'get'));
    t.notOk(takes('/api/accounting/export', 'post'), 'which is run again');
    t.notOk(takes('/webhooks/app', 'post'), 'which has ids of its own');
  });

  await t.test('no secret of this set-up is in it', async (t) => {
    const text = JSON.stringify(document);
    for (const secret of Object.values(setup.secrets)) t.notOk(text.includes(secret));
  });

  await t.test('its examples fit their schemas', async (t) => checkExamples(t, document));

  const calls = await callEverything(t, setup, document);
  await t.test('each action that was done has a row in the audit', async (t) => {
    const { data } = await setup.bridge.context.audit.list({ limit: 500, outcome: 'done' });
    const told = new Set(data.map(({ operation }) => operation));
    for (const [, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId, 'x-scope': scope }] of Object.entries(methods)) {
        const done = calls.some(({ id, status }) => id === operationId && status < 300);
        const isAction = scope !== undefined && (method !== 'get' || scope !== 'read');
        if (done) t.equal(told.has(operationId), isAction, `${operationId} ${isAction ? 'has' : 'has no'} row`);
      }
    }
  });

  await t.test('every route was called, and answered what the document says', async (t) => {
    const called = new Set(calls.map(({ id, status }) => `${id} ${status}`));
    for (const { operationId, responses } of operationsOf(document)) {
      const successes = Object.keys(responses).filter((status) => status < '300');
      // The simulator keeps no books: the file itself is tested with the real Odoo.
      if (operationId === 'exportAccounting') continue;
      for (const status of successes) t.ok(called.has(`${operationId} ${status}`), `${operationId} answered ${status}`);
    }
  });
});

t.test('a set-up of its own', async (t) => {
  const operation: Operation = {
    id: 'look',
    tag: 'Health',
    method: 'GET',
    path: '/things/:id',
    access: 'open',
    summary: 'Look',
    params: z.object({ id: z.string() }),
    answers: { 200: { description: 'Seen.' } },
  };
  const document = describeApi([operation], { version: '1.2.3', publicUrl: 'https://bridge.example.org/a/' });
  t.match(document, {
    servers: [{ url: 'https://bridge.example.org/a' }],
    paths: { '/things/{id}': { get: { security: [], parameters: [{ name: 'id', in: 'path', required: true }] } } },
  });
});

function operationsOf(document: ApiDocument): readonly Described[] {
  return Object.values(document.paths).flatMap((methods) => Object.values(methods)) as unknown as readonly Described[];
}

/** @param strict members that the schema does not name are faults: it leaves clients free, but is to be whole */
function compiler(document: ApiDocument, { strict }: { strict: boolean }) {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  formats.default(ajv);
  const root = strict ? (close(document) as ApiDocument) : document;
  ajv.addSchema({ $id: 'api', components: root.components });
  const refer = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as Fields;
  return (schema: Fields): ValidateFunction => ajv.compile(refer(strict ? close(schema) : schema));
}

function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, close(part)]));
  const isObject = closed.type === 'object' && closed.properties !== undefined;
  return isObject && !('additionalProperties' in closed) ? { ...closed, additionalProperties: false } : closed;
}

function checkExamples(t: Test, document: ApiDocument): void {
  const compile = compiler(document, { strict: true });
  let seen = 0;
  const visit = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { examples } = schema as { examples?: unknown };
    if (Array.isArray(examples)) {
      const validate = compile(schema as Fields);
      for (const example of examples) {
        seen += 1;
        t.ok(validate(example), JSON.stringify(validate.errors ?? ''));
      }
    }
    for (const part of Object.values(schema)) visit(part);
  };
  visit(document);
  t.ok(seen > 10, `${seen} examples`);
}

/** Calls every route at least once, with something in each list. */
async function callEverything(t: Test, setup: TestSetup, document: ApiDocument) {
  const compile = compiler(document, { strict: true });
  const calls: { readonly id: string; readonly status: number }[] = [];
  const bridge = bridgeCallers(setup);
  const app = appPerson(setup.app.url);
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);

  /** Sends the request, and holds its answer against what the document says of that route and status. */
  async function call(route: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const [method = '', template = ''] = route.split(' ');
    const operation = document.paths[template]?.[method.toLowerCase()] as Described | undefined;
    if (!operation) throw new Error(`${route} is not in the document`);
    const answer = await fetch(setup.bridge.url + path, {
      method,
      headers: {
        authorization: `Bearer ${setup.secrets.api}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const media = operation.responses[answer.status]?.content[type];
    const what = `${route} answered ${answer.status} ${type}`;
    calls.push({ id: operation.operationId, status: answer.status });
    if (!media) {
      t.fail(`${what}, which is not in the document: ${text.slice(0, 300)}`);
      return {};
    }
    if (!type.endsWith('json')) return {};
    const json = JSON.parse(text) as Fields;
    const validate = compile(media.schema);
    t.ok(validate(json), `${what}: ${JSON.stringify(validate.errors ?? '')}`);
    return json;
  }

  await app.create('teachers', { name: 'Linked' });
  await odooPerson(setupOdoo(setup)).appears('Linked');
  await app.create('guests', { name: 'Bad \u0001 name' });
  const contested = await app.create('guests', { name: 'Contested', phone: '1' });
  const partner = await odooPerson(setupOdoo(setup)).appears('Contested');
  for (const name of ['Twin', 'Twin']) await app.create('tenants', { name, email: 'twin@example.org' });
  await calm();
  await setup.bridge.stop();
  await app.edit('guests', contested, { phone: '2' });
  await odooPerson(setupOdoo(setup)).call('res.partner', 'write', { vals: { phone: '3' } }, [partner.id]);
  await setup.restart();
  await setup.bridge.schedule.pollNow();
  await calm();

  const rowsOf = (list: Fields) => list.data as readonly Fields[];
  const first = async (path: string) => {
    const rows = rowsOf(await call(`GET ${path}`, path));
    t.ok(rows.length > 0, `${path} lists something`);
    return String(rows[0]?.id);
  };
  for (const path of [
    '/livez',
    '/readyz',
    '/healthz',
    '/metrics',
    '/api/doctor',
    '/docs',
    '/docs/json',
    '/problems',
    '/ops',
    '/api/overview',
  ])
    await call(`GET ${path}`, path);
  await call('GET /problems/{code}', '/problems/token_needed');
  await call('GET /problems/{code}', '/problems/nothing');
  await call('GET /healthz', '/healthz', undefined, { authorization: 'Bearer wrong' });
  await first('/api/links');
  await call('GET /api/links', '/api/links?limit=1');
  await call('GET /api/links', '/api/links?limit=many');
  await first('/api/logs');
  await call('GET /api/logs', '/api/logs?since=yesterday');
  for (const format of ['csv', 'jsonl', 'pdf']) await call('GET /api/logs/export', `/api/logs/export?format=${format}`);
  const conflict = await first('/api/conflicts');
  const held = await first('/api/held');
  await first('/api/parked');
  t.ok(rowsOf(await call('GET /api/parked', '/api/parked?group=error_code')).length > 0);
  await call('GET /api/links/{entity}/{id}', `/api/links/guest/${contested}`);
  await call('GET /api/links/{entity}/{id}', `/api/links/teacher/${partner.id}?by=odoo`);
  await call('GET /api/links/{entity}/{id}', `/api/links/guests/${contested}`);

  await call('POST /api/erase', '/api/erase', { entity: 'guest', id: contested });
  await call('POST /api/erase', '/api/erase', { entity: 'guest', id: 'nobody' });
  await call('POST /api/erase', '/api/erase', { entity: 'unicorn', id: '1' });
  const leaving = await app.create('guests', { name: 'Leaving' });
  await odooPerson(setupOdoo(setup)).appears('Leaving');
  await app.archive('guests', leaving);
  await waitUntil('it is gone on both sides', async () => {
    const answer = await bridge.post('/api/erase', { entity: 'guest', id: leaving });
    return answer.status === 200;
  });
  await call('POST /api/erase', '/api/erase', { entity: 'guest', id: leaving });
  await call('GET /api/links', '/api/links?state=erased');
  await call('GET /api/links/{entity}/{id}', `/api/links/guest/${leaving}`);

  const run = await call('POST /api/sync/{collection}', '/api/sync/teachers', {});
  const plan = await call('POST /api/sync/{collection}', '/api/sync/all', { dry_run: true });
  const key = { 'idempotency-key': '"once"' };
  const retries = [1, 2].map(() => call('POST /api/parked/retry', '/api/parked/retry', {}, key));
  t.ok((await Promise.all(retries)).some(({ retried }) => typeof retried === 'number'));
  t.match(await call('POST /api/parked/retry', '/api/parked/retry', {}, key), { retried: Number });
  await call('POST /api/held/release', '/api/held/release', {}, key);
  await call('POST /api/held/release', '/api/held/release', {}, { 'idempotency-key': 'no key' });
  await call('POST /api/sync/{collection}', '/api/sync/teachers', { ids: 7 });
  await call('POST /api/sync/{collection}', '/api/sync/teachers', 'x'.repeat(1_100_000));
  await call('POST /api/sync/{collection}', '/api/sync/teachers', {}, { 'content-type': 'text/plain' });
  await call('POST /api/sync/{collection}', '/api/sync/unicorns');
  await call('GET /api/sync/runs/{id}', `/api/sync/runs/${run.run_id}`);
  await call('GET /api/sync/runs/{id}', '/api/sync/runs/1');
  await waitUntil('the plan is made', async () => {
    const { status } = await call('GET /api/sync/runs/{id}', `/api/sync/runs/${plan.run_id}`);
    return status === 'done';
  });
  const changes = 'GET /api/sync/runs/{id}/changes';
  t.ok(rowsOf(await call(changes, `/api/sync/runs/${plan.run_id}/changes`)).length > 0);
  await call(changes, `/api/sync/runs/${plan.run_id}/changes?limit=many`);
  await call(changes, `/api/sync/runs/${run.run_id}/changes`);
  await call(changes, '/api/sync/runs/1/changes');
  await call('GET /api/sync/runs', '/api/sync/runs');
  await call('GET /api/sync/runs', '/api/sync/runs?cursor=1');
  await call('POST /api/sync/runs/{id}/cancel', `/api/sync/runs/${run.run_id}/cancel`);
  for (const action of ['pause', 'resume']) {
    await call(`POST /api/entities/{entity}/${action}`, `/api/entities/guest/${action}`);
    await call(`POST /api/entities/{entity}/${action}`, `/api/entities/unicorn/${action}`);
  }
  await call('POST /api/parked/retry', '/api/parked/retry', { preview: true });
  const retry = await call('POST /api/parked/retry', '/api/parked/retry', {});
  await waitUntil('the retry is read back', async () => {
    const report = await setup.bridge.context.runs.report(String(retry.run_id));
    return report?.read_back;
  });
  await call('GET /api/sync/runs/{id}', `/api/sync/runs/${retry.run_id}`);
  await call('POST /api/held/release', '/api/held/release');
  await call('POST /api/held/{id}/resolve', `/api/held/${held}/resolve`, { create: 'perhaps' });
  await call('POST /api/held/{id}/resolve', `/api/held/${held}/resolve`, { create: true });
  await call('POST /api/held/{id}/resolve', '/api/held/999999/resolve', { create: true });
  await call('POST /api/conflicts/{id}/restore', `/api/conflicts/${conflict}/restore`);
  await call('POST /api/conflicts/{id}/restore', '/api/conflicts/999999/restore');
  await call('POST /api/accounting/export', '/api/accounting/export', { from: 'yesterday' });

  await first('/api/audit');
  await call('GET /api/audit', '/api/audit?outcome=perhaps');
  const { status } = await bridge.event('teacher.updated', '42');
  calls.push({ id: 'receiveAppEvent', status });
  const events = await fetch(`${setup.bridge.url}/api/events`, {
    headers: { authorization: `Bearer ${setup.secrets.api}` },
  });
  calls.push({ id: 'followEvents', status: events.status });
  await events.body?.cancel();
  await call('POST /webhooks/app', '/webhooks/app', { type: 'teacher.updated', data: { id: '42' } });
  const notice = { _model: 'res.partner', _id: partner.id };
  const basic = `Basic ${Buffer.from(`bridge:${setup.secrets.odooToken}`).toString('base64')}`;
  await call('POST /webhooks/odoo', '/webhooks/odoo', notice, { authorization: basic });
  await call('POST /webhooks/odoo/{token}', `/webhooks/odoo/${setup.secrets.odooToken}`, notice);
  await call('POST /webhooks/odoo/{token}', `/webhooks/odoo/${setup.secrets.odooToken}`, { _id: 1 });
  return calls;
}

/** Where people work in that Odoo. */
function setupOdoo({ config }: TestSetup) {
  return {
    url: config.ODOO_URL,
    database: config.ODOO_DB,
    username: config.ODOO_USERNAME,
    apiKey: config.ODOO_API_KEY,
  };
}
