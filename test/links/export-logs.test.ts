/** The logs as a file: all rows once, in pages, and nothing that a spreadsheet would run. */
import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { exportLogs } from '../../src/links/export-logs.ts';
import { createLogs } from '../../src/links/logs.ts';
import { createTestDatabase } from '../support/postgres.ts';

const { url } = await createTestDatabase(t);
const db = openDatabase({ url, onConnectionLost: () => undefined });
t.teardown(() => db.destroy());
t.beforeEach(() => sql`truncate sync_logs restart identity`.execute(db));

interface Written {
  readonly app_id?: string;
  readonly message?: string;
}

async function write(row: Written): Promise<void> {
  const fields = JSON.stringify(['phone', 'email']);
  const values = { at: '2026-01-01T00:00:00Z', entity: 'guest', app_id: '42', odoo_id: 7, fields, ...row };
  await db
    .insertInto('sync_logs')
    .values({ ...values, outcome: 'update', direction: 'app→odoo' } as never)
    .execute();
}

async function collect(format: 'csv' | 'jsonl'): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of exportLogs(createLogs(db), {}, format)) chunks.push(chunk);
  return chunks.join('');
}

const HEADER = 'id,at,reconcile_id,entity,app_id,odoo_id,outcome,direction,fields,error_code,message,remedy\r\n';

t.test('as CSV', async (t) => {
  t.equal(await collect('csv'), HEADER);
  await write({ message: 'It said "no",\nand no more.' });
  t.equal(
    await collect('csv'),
    `${HEADER}1,2026-01-01T00:00:00.000Z,,guest,42,7,update,app→odoo,phone email,,"It said ""no"",\nand no more.",\r\n`,
  );
});

t.test('no cell becomes a formula', async (t) => {
  for (const start of ['=', '+', '-', '@', '\t', '\r']) await write({ app_id: `${start}cmd|'/C calc'!A0` });
  await write({ app_id: '=HYPERLINK("x")' });
  const rows = (await collect('csv')).slice(HEADER.length).trimEnd().split('\r\n');
  t.equal(rows.length, 7);
  for (const row of rows) t.match(row.split(',')[4], /^"?'[=+\-@\t\r]/);
  t.match(rows[0], `,"'=HYPERLINK(""x"")",`);
});

t.test('as lines of JSON', async (t) => {
  t.equal(await collect('jsonl'), '');
  await write({ app_id: '=1' });
  await write({});
  const row = { at: '2026-01-01T00:00:00.000Z', entity: 'guest', outcome: 'update', direction: 'app→odoo', odoo_id: 7 };
  const none = { reconcile_id: null, error_code: null, message: null, remedy: null };
  const lines = (await collect('jsonl')).trimEnd().split('\n');
  t.same(
    lines.map((line) => JSON.parse(line)),
    [
      { ...row, ...none, id: '2', app_id: '42', fields: ['phone', 'email'] },
      { ...row, ...none, id: '1', app_id: '=1', fields: ['phone', 'email'] },
    ],
  );
});

t.test('many rows, page by page, each once', async (t) => {
  for (const count of [1_999, 2_000, 4_001]) {
    await sql`truncate sync_logs restart identity`.execute(db);
    await sql`insert into sync_logs (outcome) select 'update' from generate_series(1, ${count}::integer)`.execute(db);
    const lines = (await collect('jsonl')).trimEnd().split('\n');
    t.same(
      lines.map((line) => Number(JSON.parse(line).id)),
      Array.from({ length: count }, (_, index) => count - index),
    );
  }
});
