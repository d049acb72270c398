/** The teachers of an app, as the bridge asks for them. Node 24: npm install fastify && node app.ts */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import fastify, { type FastifyReply } from 'fastify';
import { startSender } from './webhooks.ts';

type Fields = Record<string, string | null>;
interface Row {
  id: string;
  fields: string;
  updated_at: string;
  deleted_at: string | null;
}
interface Operation {
  op: string;
  id?: string;
  idempotency_key?: string;
  if_updated_at?: string | null;
  fields?: Record<string, unknown>;
}

const COLLECTIONS =
  'teachers tenants guests apartments travels invoices documents mailing-lists campaigns messages'.split(' ');
const NAMES = 'name email phone street street2 zip city country vat type language notes school'.split(' ');

const db = new DatabaseSync(process.env.DATABASE ?? 'app.sqlite');
db.exec(`
  pragma journal_mode = wal;
  create table if not exists teachers (
    id text primary key, fields text not null, email text, updated_at text not null, deleted_at text);
  create index if not exists teachers_updated on teachers (updated_at, id);
  create index if not exists teachers_email on teachers (email);
  create table if not exists idempotency (key text primary key, result text not null);
  create table if not exists outbox (
    id text primary key, type text not null, record_id text not null, created_at text not null,
    attempts integer not null default 0, due real not null default 0)`);

function transaction<T>(work: () => T): T {
  db.exec('begin immediate');
  try {
    const result = work();
    db.exec('commit');
    return result;
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}

const find = (id: string) => db.prepare('select * from teachers where id = ?').get(id) as unknown as Row | undefined;
const show = (row: Row) => ({
  ...JSON.parse(row.fields),
  id: row.id,
  updated_at: row.updated_at,
  deleted_at: row.deleted_at,
});

/** The only place that writes a teacher: people and the bridge both come here. Call it within a transaction. */
function save(id: string, fields: Fields, deleted: boolean): Row {
  const before = find(id);
  // Later than before even within one millisecond: the bridge compares this text to see whether somebody was faster.
  const now = new Date(Math.max(Date.now(), before ? Date.parse(before.updated_at) + 1 : 0)).toISOString();
  const row = { id, fields: JSON.stringify(fields), updated_at: now, deleted_at: null as string | null };
  if (deleted) row.deleted_at = before?.deleted_at ?? now;
  db.prepare('insert or replace into teachers (id, fields, email, updated_at, deleted_at) values (?, ?, ?, ?, ?)').run(
    id,
    row.fields,
    fields.email?.toLowerCase() ?? null,
    row.updated_at,
    row.deleted_at,
  );
  // In the same transaction: an event of what was rolled back is never sent, and none is lost after the commit.
  db.prepare('insert into outbox (id, type, record_id, created_at) values (?, ?, ?, ?)').run(
    `evt_${randomUUID()}`,
    `teacher.${before ? 'updated' : 'created'}`,
    id,
    now,
  );
  return row;
}

/** @returns the fields to store, or what is wrong with them */
function check(given: Record<string, unknown>, before: Fields): Fields | { field: string; message: string }[] {
  const fields = { ...before };
  const errors = [];
  for (const [field, value] of Object.entries(given)) {
    if (!NAMES.includes(field)) errors.push({ field, message: 'is unknown' });
    else if (value !== null && typeof value !== 'string') errors.push({ field, message: 'must be text or null' });
    else fields[field] = value?.trim() || null;
  }
  if (!fields.name) errors.push({ field: 'name', message: 'is required' });
  return errors.length > 0 ? errors : fields;
}

function apply({ op, id, idempotency_key: key, if_updated_at: expected, fields: given = {} }: Operation) {
  const invalid = (field: string, message: string) => ({ status: 'invalid', errors: [{ field, message }] });
  if (!['create', 'update', 'archive', 'restore'].includes(op)) return invalid('op', 'is unknown');
  if (!key) return invalid('idempotency_key', 'is required');
  const done = db.prepare('select result from idempotency where key = ?').get(key);
  if (done) return JSON.parse(String(done.result));
  const row = op === 'create' ? undefined : find(id ?? '');
  if (op !== 'create' && !row) return { status: 'not_found' };
  if (row && expected != null && expected !== row.updated_at) return { status: 'stale', record: show(row) };
  const fields = check(given, row ? JSON.parse(row.fields) : {});
  if (Array.isArray(fields)) return { status: 'invalid', errors: fields };
  const deleted = op === 'archive' || (op === 'update' && row?.deleted_at != null);
  const result = { status: 'ok', record: show(save(row?.id ?? randomUUID(), fields, deleted)) };
  // Those of creates for ever; the others may be forgotten after a day.
  db.prepare('insert into idempotency (key, result) values (?, ?)').run(key, JSON.stringify(result));
  return result;
}

function list({ updated_since = '', cursor = '', limit = '1000', ids, email }: Record<string, string>) {
  const select = (condition: string, ...values: string[]) =>
    db.prepare(`select * from teachers where ${condition}`).all(...values) as unknown as Row[];
  if (ids !== undefined) {
    const wanted = ids.split(',').slice(0, 200);
    return { data: select(`id in (${wanted.map(() => '?').join()})`, ...wanted).map(show) };
  }
  if (email !== undefined) {
    return { data: select('email = ? order by id limit 200', email.trim().toLowerCase()).map(show) };
  }
  // Before the question: what is written meanwhile is then asked for again the next time.
  const server_time = new Date().toISOString();
  const [at = '', after = ''] = cursor ? JSON.parse(Buffer.from(cursor, 'base64url').toString()) : [];
  const since = updated_since && new Date(updated_since).toISOString();
  const count = Math.min(Math.max(Number(limit) || 1, 1), 1000);
  const order = `(updated_at, id) > (?, ?) order by updated_at, id limit ${count + 1}`;
  const rows = select(`updated_at >= ? and ${order}`, since, at, after);
  const page = rows.slice(0, count);
  const last = page.at(-1);
  const more = last && rows.length > count;
  const next_cursor = more ? Buffer.from(JSON.stringify([last.updated_at, last.id])).toString('base64url') : null;
  return { data: page.map(show), next_cursor, server_time };
}

const server = fastify({ bodyLimit: 16 * 1024 * 1024 });
const problem = (reply: FastifyReply, status: number, title: string) =>
  reply.code(status).type('application/problem+json').send(JSON.stringify({ title, status }));
server.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
  problem(reply, error.statusCode ?? 500, 'The request failed'),
);

const token = Buffer.from(`Bearer ${process.env.APP_API_TOKEN}`);
server.addHook('onRequest', async (request, reply) => {
  if (!request.url.startsWith('/bridge/')) return;
  const given = Buffer.from(request.headers.authorization ?? '');
  if (given.length !== token.length || !timingSafeEqual(given, token)) await problem(reply, 401, 'The token is wrong');
});
server.get<{ Params: { collection: string }; Querystring: Record<string, string> }>(
  '/bridge/:collection',
  async ({ params: { collection }, query }, reply) => {
    if (collection === 'teachers') return list(query);
    // What this app does not have, it has none of.
    if (COLLECTIONS.includes(collection)) return { data: [], next_cursor: null, server_time: new Date().toISOString() };
    return problem(reply, 404, 'There is no such collection');
  },
);
server.post<{ Params: { collection: string }; Body: { operations: Operation[] } }>(
  '/bridge/:collection/batch',
  async ({ params: { collection }, body }, reply) => {
    if (collection !== 'teachers') return problem(reply, 404, 'There is no such collection');
    // Each stands alone: one that fails takes none of the others with it.
    return { results: body.operations.map((operation) => transaction(() => apply(operation))) };
  },
);

// The app's own doors, for its people: they know nothing of the bridge.
server.post<{ Body: Fields }>('/teachers', async ({ body }) =>
  transaction(() => show(save(randomUUID(), body, false))),
);
server.patch<{ Params: { id: string }; Body: Fields }>('/teachers/:id', async ({ params: { id }, body }, reply) => {
  const row = find(id);
  if (!row) return problem(reply, 404, 'There is no such teacher');
  return transaction(() => show(save(id, { ...JSON.parse(row.fields), ...body }, row.deleted_at !== null)));
});

void startSender(db, process.env.BRIDGE_WEBHOOK_URL ?? '', process.env.BRIDGE_WEBHOOK_SECRET ?? '');
await server.listen({ port: Number(process.env.PORT ?? 4000) });
