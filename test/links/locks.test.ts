/** Who locks several links takes them in the order of their ids: so nobody waits for one who waits for them. */
import { sql } from 'kysely';
import t from 'tap';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createRuns } from '../../src/links/runs.ts';
import { createTestDatabase } from '../support/postgres.ts';

t.test('a run enlists links that a worker is just locking', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  const runs = createRuns(db);
  const runId = await runs.start('guests', {});
  await sql`
    insert into links (entity, odoo_model, app_id, dirty_seq)
    select 'guest', 'res.partner', id, 7 from unnest(array['first', 'second']) as id`.execute(db);
  const lock = (id: string) => sql`select from links where app_id = ${id} for update`;
  let enlisting: Promise<void> | null = null;
  await db.transaction().execute(async (worker) => {
    await lock('first').execute(worker);
    // The other way round, as a listing may give them.
    enlisting = runs.enlist(runId, 'app', 'guest', 'res.partner', ['second', 'first']);
    enlisting.catch(() => undefined);
    await waitUntil('the run waits for the worker', async () => {
      const waiting = await sql`select from pg_locks where not granted`.execute(db);
      return waiting.rows.length > 0;
    });
    await lock('second').execute(worker);
  });
  await enlisting;
  const rows = await db.selectFrom('run_links').select(['run_id', 'seq']).orderBy('link_id').execute();
  t.same(rows, [
    { run_id: runId, seq: '7' },
    { run_id: runId, seq: '7' },
  ]);
});
