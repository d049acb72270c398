import pg from 'pg';
import t from 'tap';
import { forgetOldKeys } from '../../../sandbox/app/data/idempotency-keys.ts';
import { openDatabase } from '../../../sandbox/app/data/open-database.ts';
import { startTestApp } from './start-test-app.ts';

t.test('keys of creates are kept for ever, others count for a day', async (t) => {
  const app = await startTestApp(t);
  const create = { op: 'create', idempotency_key: 'create', fields: { name: 'Ada' } };
  const update = { op: 'update', id: '1', idempotency_key: 'update', fields: { name: 'Bo' } };
  await app.batch('guests', create);
  await app.batch('guests', update);
  await app.send('PATCH', '/api/guests/1', { name: 'Cy' });

  const client = new pg.Client(app.databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  const age = (hours: number) =>
    client.query(`update travel_app.idempotency_keys set created_at = now() - interval '${hours} hours'`);
  await age(23);
  t.match((await app.batch('guests', create, update)).json.results, [
    { record: { id: '1' } },
    { record: { name: 'Bo' } },
  ]);
  t.match((await app.send('GET', '/api/guests/1')).json, { name: 'Cy' }, 'within a day nothing is done again');
  await age(25);
  await app.batch('guests', create, update);
  t.match((await app.send('GET', '/api/guests/1')).json, { name: 'Bo' }, 'after a day the update is a new one');
  t.equal((await app.list('guests')).json.data.length, 1, 'the create never is');

  await age(25);
  const db = await openDatabase(app.databaseUrl, () => {});
  t.teardown(() => db.destroy());
  await forgetOldKeys(db);
  const { rows } = await client.query('select key from travel_app.idempotency_keys');
  t.same(rows, [{ key: 'create' }]);
});
