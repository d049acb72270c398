import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { TerminalError } from '../../src/errors.ts';
import { type Act, type AuditRequest, createAudit, tellSubject } from '../../src/links/audit.ts';
import { createTestDatabase } from '../support/postgres.ts';

const ACT: Act = { via: 'api', who: 'desk', operation: 'pauseEntity', subject: { entity: 'guest' } };

async function open(t: Test) {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url });
  t.teardown(() => db.destroy());
  const audit = createAudit(db);
  const rows = async (request: Partial<AuditRequest> = {}) => (await audit.list({ limit: 100, ...request })).data;
  return { db, audit, rows };
}

t.test('the row is there before the work, and is told how it ended', async (t) => {
  const { audit, rows } = await open(t);
  const result = await audit.run(ACT, async () => {
    t.match(await rows(), [{ ...ACT, outcome: null, code: null, ended_at: null }], 'while it runs');
    return 7;
  });
  t.equal(result, 7);
  t.match(await rows(), [{ ...ACT, at: Date, outcome: 'done', code: null, ended_at: Date }]);
  await audit.run(
    ACT,
    async () => 'unknown',
    (answer) => answer,
  );
  const broken = new TerminalError({ code: 'broken_thing', message: 'm', remedy: 'r' });
  for (const error of [broken, new Error('x')]) {
    await t.rejects(
      audit.run(ACT, () => Promise.reject(error)),
      error,
    );
  }
  t.match(
    (await rows()).map(({ outcome, code }) => [outcome, code]),
    [
      ['failed', 'internal'],
      ['failed', 'broken_thing'],
      ['refused', 'unknown'],
      ['done', null],
    ],
  );
});

t.test('nothing is done without a row, and what was done stays done', async (t) => {
  const { db, audit, rows } = await open(t);
  const away = (from: string, to: string) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db);
  let done = 0;
  const work = async () => {
    done += 1;
    await away('audit', 'gone');
    return 'done';
  };
  t.equal(await audit.run(ACT, work), 'done');
  await t.rejects(audit.run(ACT, work), /"audit" does not exist/);
  t.equal(done, 1);
  await away('gone', 'audit');
  t.match(await rows(), [{ outcome: null }], 'its end was not seen');
});

t.test('who may not is told of once an hour', async (t) => {
  const { db, audit, rows } = await open(t);
  for (let time = 0; time < 5; time += 1) await audit.refuse(ACT);
  t.match(await rows(), [{ ...ACT, outcome: 'refused', code: 'scope_missing', ended_at: Date }]);
  await audit.refuse({ ...ACT, who: 'reader' });
  await audit.refuse({ ...ACT, operation: 'resumeEntity' });
  t.equal((await rows()).length, 3);
  await sql`update audit set at = at - interval '61 minutes'`.execute(db);
  for (let time = 0; time < 5; time += 1) await audit.refuse(ACT);
  t.equal((await rows()).length, 4);
});

t.test('the list is filtered and comes in pages', async (t) => {
  const { db, audit, rows } = await open(t);
  for (const who of ['desk', 'reader', 'desk']) await audit.run({ ...ACT, who }, async () => {});
  await audit.begin({ ...ACT, via: 'command', operation: 'relink', subject: { entity: 'teacher' } });
  await sql`update audit set at = '2026-01-01T00:00:00Z' where who = 'reader'`.execute(db);
  const count = async (request: Partial<AuditRequest>) => (await rows(request)).length;
  t.equal(await count({ who: 'reader' }), 1);
  t.equal(await count({ operation: 'relink' }), 1);
  t.equal(await count({ outcome: 'done' }), 3);
  t.equal(await count({ entity: 'teacher' }), 1);
  t.equal(await count({ since: '2026-01-02T00:00:00Z' }), 3);
  const first = await audit.list({ limit: 3 });
  const second = await audit.list({ limit: 3, cursor: first.next_cursor ?? '' });
  t.same([first.data.length, second.data.length, second.next_cursor], [3, 1, null]);
  const ids = [...first.data, ...second.data].map(({ id }) => Number(id));
  t.same(
    ids,
    [...ids].sort((a, b) => b - a),
  );
});

t.test('of a request only what it is about is kept', async (t) => {
  t.same(
    tellSubject(
      { entity: 'guest', name: 'Jane Doe', email: 'jane@example.org', cursor: '3' },
      { ids: ['1', 2, 'jane@example.org', 'Jane Doe'], dry_run: true, all_entries: null },
      null,
      { id: '17', entity: 'teacher', kind: 'Jane Doe', from: '2026-01-01', other_id: 4_711 },
    ),
    { entity: 'teacher', ids: ['1', '2'], dry_run: true, id: '17', from: '2026-01-01', other_id: 4_711 },
  );
  const many = tellSubject({ ids: Array.from({ length: 10_000 }, (_, n) => `${n}`) });
  t.same([(many.ids as string[]).length, many.ids_count], [100, 10_000]);
});
