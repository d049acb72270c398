/** Figures for the page: links by entity and state, and the last hour minute by minute. */
import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { countByEntity, readActivity } from '../../src/links/activity.ts';
import { createTestDatabase } from '../support/postgres.ts';

t.test('links by entity and state; what is held, by its kind', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  t.same(await countByEntity(db), [], 'nothing is known yet');
  await sql`
    insert into links (entity, app_id, odoo_model, state, dirty_seq, done_seq, hold) values
      ('guest', '1', 'res.partner', 'active', 2, 1, null), ('guest', '2', 'res.partner', 'active', 1, 1, null),
      ('guest', '3', 'res.partner', 'held', 1, 1, '{"kind":"delete","detail":""}'),
      ('guest', '4', 'res.partner', 'held', 2, 1, '{"kind":"match","detail":""}'),
      ('guest', '5', 'res.partner', 'held', 1, 1, '{"kind":"match","detail":""}'),
      ('teacher', '1', 'res.partner', 'parked', 1, 1, null),
      ('teacher', '2', 'res.partner', 'out_of_scope', 1, 1, null)`.execute(db);
  const none = { waiting: 0, parked: 0, held: 0, out_of_scope: 0, held_by_kind: {} };
  t.same(await countByEntity(db), [
    { ...none, entity: 'guest', links: 5, waiting: 2, held: 3, held_by_kind: { delete: 1, match: 2 } },
    { ...none, entity: 'teacher', links: 2, parked: 1, out_of_scope: 1 },
  ]);
});

t.test('the last hour, minute by minute', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  const calm = await readActivity(db);
  t.equal(calm.step_seconds, 60);
  t.equal(Math.max(...calm.app_events, ...calm.odoo_events, ...calm.carried, ...calm.conflicts, ...calm.troubles), 0);
  const ago = (minutes: number) =>
    sql`date_trunc('minute', now()) - make_interval(mins => ${minutes}) + interval '1 s'`;
  await sql`
    insert into deliveries (source, odoo_model, record_id, looks, received_at) values
      ('app', 'res.partner', '1', 0, ${ago(5)}), ('app', 'res.partner', '1', 0, ${ago(5)}),
      ('odoo', 'res.partner', '1', 0, ${ago(5)}), ('odoo', 'res.partner', '1', 0, ${ago(61)})`.execute(db);
  await sql`
    insert into sync_logs (at, outcome) values (${ago(7)}, 'update'), (${ago(7)}, 'create'), (${ago(7)}, 'conflict'),
      (${ago(7)}, 'park'), (${ago(7)}, 'retry'), (${ago(7)}, 'noop'), (${ago(61)}, 'update')`.execute(db);
  const { since, app_events, odoo_events, carried, conflicts, troubles } = await readActivity(db);
  // The test may run into the next minute: then all stands one place earlier.
  const [at] = [app_events.indexOf(2)];
  t.ok(at === 54 || at === 53);
  t.equal(new Date(since).getUTCSeconds(), 0, 'it begins with a whole minute');
  const only = (minute: number, count: number) =>
    Array.from({ length: 60 }, (_, index) => (index === minute ? count : 0));
  t.same(app_events, only(at, 2));
  t.same(odoo_events, only(at, 1), 'what is older than an hour is left out');
  t.same(carried, only(at - 2, 2), 'a pass that had nothing to do is not counted');
  t.same(conflicts, only(at - 2, 1));
  t.same(troubles, only(at - 2, 2));
});
