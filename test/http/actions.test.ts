/** The audit and the Idempotency-Key of requests, over HTTP and on a real database, in two servers as in two processes. */
import Fastify, { type FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { openDatabase } from '../../src/db/open-database.ts';
import { installActions } from '../../src/http/actions.ts';
import { requireToken } from '../../src/http/authorize.ts';
import { addRoute, collectOperations, type Operation } from '../../src/http/operation.ts';
import { installProblems, sendProblem } from '../../src/http/problem.ts';
import { createAudit } from '../../src/links/audit.ts';
import { createIdempotencyKeys } from '../../src/links/idempotency-keys.ts';
import { createTestDatabase } from '../support/postgres.ts';

const TOKENS = ['a-token-of-operators', 'another-token-of-operators'];

const apiTokens = TOKENS.map((token, index) => ({ token, name: `caller-${index + 1}`, scopes: ['operate'] as const }));

const base = { tag: 'Health', access: 'operate', summary: 'x', answers: { 200: { description: 'x' } } } as const;
const thing = {
  ...base,
  id: 'make',
  method: 'POST',
  path: '/things/:kind',
  params: z.object({ kind: z.enum(['good', 'refused', 'failing', 'bytes']) }),
  body: z.strictObject({ name: z.string(), entity: z.string().optional(), id: z.string().optional() }).nullish(),
} as const satisfies Operation;

async function setUp(t: Test) {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url });
  const audit = createAudit(db);
  const servers: FastifyInstance[] = [];
  t.teardown(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await db.destroy();
  });
  const world = { db, done: 0, before: async () => {}, addresses: [] as string[] };
  for (const _process of [1, 2]) {
    const server = Fastify();
    servers.push(server);
    installProblems(server);
    collectOperations(server);
    requireToken(server, { apiTokens, audit, onRefused: () => {} });
    installActions(server, { audit, keys: createIdempotencyKeys(db) });
    addRoute(server, thing, async ({ params: { kind } }, _request, reply) => {
      world.done += 1;
      const number = world.done;
      await world.before();
      if (kind === 'failing') throw new Error('broken');
      if (kind === 'refused') return sendProblem(reply, 'not_restorable');
      if (kind === 'bytes') return reply.type('text/plain').send(Buffer.from(`${number}`));
      return reply.code(202).header('location', `/things/${number}`).header('x-other', 'y').send({ number });
    });
    addRoute(server, { ...base, id: 'remove', method: 'DELETE', path: '/things' }, () => {
      world.done += 1;
      return { number: world.done };
    });
    addRoute(server, { ...base, id: 'take', method: 'POST', path: '/exports', rerunnable: true }, () => {
      world.done += 1;
      return { number: world.done };
    });
    world.addresses.push(await server.listen({ host: '127.0.0.1', port: 0 }));
  }
  async function send(path: string, key?: string, { body = '{"name":"n"}', token = 0, at = 0, method = 'POST' } = {}) {
    const response = await fetch(world.addresses[at] + path, {
      method,
      headers: {
        authorization: `Bearer ${TOKENS[token]}`,
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(method === 'POST' && { body }),
    });
    const text = await response.text();
    return { status: response.status, text, headers: Object.fromEntries(response.headers) };
  }
  const rows = async () => (await audit.list({ limit: 100 })).data;
  return { world, send, rows };
}

t.test('sent again it is answered as the first time, and not done again', async (t) => {
  const { world, send } = await setUp(t);
  const first = await send('/things/good', '"key-1"');
  t.match(first, { status: 202, text: '{"number":1}', headers: { location: '/things/1' } });
  t.notOk('idempotent-replayed' in first.headers);
  const again = await send('/things/good', 'key-1', { at: 1 });
  t.match(again, {
    status: 202,
    text: '{"number":1}',
    headers: { location: '/things/1', 'content-type': first.headers['content-type'], 'idempotent-replayed': 'true' },
  });
  t.notOk('x-other' in again.headers);
  t.match(await send('/things/good'), { text: '{"number":2}' }, 'without a key it is done each time');
  t.match(await send('/things/good', '"key-1"', { token: 1 }), { text: '{"number":3}' }, 'keys are of their token');
  t.match(await send('/things', 'key-2', { method: 'DELETE' }), { text: '{"number":4}' });
  t.match(await send('/things', 'key-2', { method: 'DELETE' }), { text: '{"number":4}' });
  t.match(await send('/exports', 'key-3'), { text: '{"number":5}' });
  t.match(await send('/exports', 'key-3'), { text: '{"number":6}' }, 'what is rerunnable is run again');
  t.equal(world.done, 6);
});

t.test('a refusal is remembered, a failure is not', async (t) => {
  const { world, send } = await setUp(t);
  const refused = await send('/things/refused', 'key-1');
  t.equal(refused.status, 409);
  t.match(await send('/things/refused', 'key-1'), { status: 409, text: refused.text });
  t.equal(world.done, 1);
  t.equal((await send('/things/failing', 'key-2')).status, 500);
  t.equal((await send('/things/failing', 'key-2')).status, 500);
  t.equal(world.done, 3);
  t.match([await send('/things/bytes', 'key-3'), await send('/things/bytes', 'key-3')], [{ text: '4' }, { text: '5' }]);
  t.match(await send('/things/good', 'key-4', { body: '{}' }), { status: 422 });
  t.match(await send('/things/good', 'key-4'), { status: 202 }, 'what was never begun may be mended');
});

t.test('another body or address under the same key is refused', async (t) => {
  const { world, send } = await setUp(t);
  await send('/things/good', 'key-1');
  for (const other of [
    await send('/things/good', 'key-1', { body: '{"name":"o"}' }),
    await send('/things/good', 'key-1', { body: 'null' }),
    await send('/things/refused', 'key-1'),
    await send('/things/good?a=1', 'key-1'),
    await send('/things', 'key-1', { method: 'DELETE' }),
  ])
    t.match(other, { status: 422, text: /"type":"\/problems\/idempotency_key_reused"/ });
  t.equal(world.done, 1);
});

t.test('of several at once in two processes one is done, the others are told to wait', async (t) => {
  const { world, send } = await setUp(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.before = () => promise;
  const all = Array.from({ length: 10 }, (_, n) => send('/things/good', 'key-1', { at: n % 2 }));
  const others: Awaited<(typeof all)[0]>[] = [];
  await new Promise<void>((enough) => {
    for (const one of all) void one.then((reply) => others.push(reply) === 9 && enough());
  });
  for (const other of others) {
    t.match(other, { status: 409, text: /request_in_progress/, headers: { 'retry-after': /^1[12]\d$/ } });
  }
  resolve();
  const statuses = (await Promise.all(all)).map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 202).length, 1);
  t.equal(world.done, 1);
  t.match(await send('/things/good', 'key-1'), { status: 202, text: '{"number":1}' });
});

t.test('keys are strings as the standard writes them, or bare', async (t) => {
  const { world, send } = await setUp(t);
  for (const bad of ['""', '"open', 'a b', '"caf\u00e9"', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'a"b', '"a\\b"']) {
    t.match(await send('/things/good', bad), { status: 400, text: /malformed_idempotency_key/ }, bad);
  }
  t.equal(world.done, 0);
  for (const good of ['"a b"', '"a\\"b\\\\c"', 'x'.repeat(255), '8e03978e-40d5-43e8-bc93-6894a57f9324'])
    t.match(await send('/things/good', good), { status: 202 });
});

t.test('a database that goes away meanwhile takes no answer away', async (t) => {
  const { world, send } = await setUp(t);
  world.before = async () => void (await sql`alter table idempotency_keys rename to away`.execute(world.db));
  t.match(await send('/things/good', 'key-1'), { status: 202, text: '{"number":1}' });
  t.equal((await send('/things/good', 'key-2')).status, 500, 'and nothing is done where it is away before');
  t.equal(world.done, 1);
});

t.test('each action has a row, with who, what and how it ended', async (t) => {
  const { world, send, rows } = await setUp(t);
  world.before = async () => void t.match((await rows())[0], { outcome: null, ended_at: null }, 'there before');
  const body = JSON.stringify({ name: 'Jane Doe', entity: 'guest', id: '17' });
  await send('/things/good?by=odoo', 'key-1', { body });
  await send('/things/good?by=odoo', 'key-1', { body });
  await send('/things/refused', undefined, { token: 1 });
  await send('/things/failing', undefined);
  await send('/things/none', undefined);
  await send('/things/good', undefined, { body: '{}' });
  await send('/things', undefined, { method: 'DELETE' });
  t.match(await rows(), [
    { who: 'caller-1', operation: 'remove', subject: {}, outcome: 'done', code: null },
    { who: 'caller-1', operation: 'make', subject: { kind: 'failing' }, outcome: 'failed', code: 'internal' },
    { who: 'caller-2', operation: 'make', subject: { kind: 'refused' }, outcome: 'refused', code: 'not_restorable' },
    {
      via: 'api',
      who: 'caller-1',
      operation: 'make',
      subject: { kind: 'good', entity: 'guest', other_id: '17' },
      outcome: 'done',
      code: null,
      ended_at: Date,
    },
  ]);
  const text = JSON.stringify(await rows());
  t.equal((await rows()).length, 4, 'a repeat, and what does not fit, is none');
  for (const secret of [...TOKENS, 'Jane', 'key-1']) t.notOk(text.includes(secret));
});

t.test('without a row nothing is done, and the key is free again', async (t) => {
  const { world, send, rows } = await setUp(t);
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(world.db);
  await rename('audit', 'away');
  t.equal((await send('/things/good', 'key-1')).status, 500);
  t.equal((await send('/things/good')).status, 500);
  t.equal(world.done, 0);
  await rename('away', 'audit');
  t.equal((await send('/things/good', 'key-1')).status, 202);
  t.equal((await rows()).length, 1);
});

t.test('with the database away in between the sender is told, and comes again', async (t) => {
  const { world, send } = await setUp(t);
  // The claim is taken, and then neither the row can be written nor the claim be freed.
  await sql`
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception using errcode = '57P01', message = 'the server shuts down'; end $$`.execute(world.db);
  for (const trigger of ['insert on audit', 'delete on idempotency_keys'])
    await sql`create trigger refuse before ${sql.raw(trigger)} for each row execute function refuse()`.execute(
      world.db,
    );
  t.match(await send('/things/good', 'key-1'), { status: 503, text: /database_away/ });
  t.match(await send('/things/good', 'key-1'), { status: 409, text: /request_in_progress/ });
  t.equal(world.done, 0);
});
