/** A cursor never passes a record that is stamped but not yet committed. */
import pg from 'pg';
import t from 'tap';
import { startTestApp, type TestApp } from './start-test-app.ts';

interface Seen {
  readonly id: string;
  readonly updated_at: string;
  readonly phone: string | null;
}

/** Walks on as a poller does: pages to the end, then again from the last server_time, without any overlap. */
async function follow(app: TestApp, seen: Map<string, Seen>, since: string | null): Promise<string> {
  let serverTime: string | undefined;
  let cursor = '';
  let last = '';
  do {
    const { json } = await app.list('guests', `limit=7${since ? `&updated_since=${since}` : ''}${cursor}`);
    serverTime ??= json.server_time as string;
    for (const record of json.data as Seen[]) {
      if (record.updated_at < last) throw new Error('The listing went back.');
      last = record.updated_at;
      seen.set(record.id, record);
    }
    cursor = json.next_cursor === null ? '' : `&cursor=${json.next_cursor}`;
  } while (cursor !== '');
  return serverTime;
}

t.test('pages read under concurrent edits and creates miss nothing', async (t) => {
  const app = await startTestApp(t);
  let edits = 0;
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < 12; round += 1) {
      const create = {
        op: 'create',
        idempotency_key: `${writer}-${round}`,
        fields: { name: `Guest ${writer} ${round}` },
      };
      const { json } = await app.batch('guests', create);
      const { id } = json.results[0].record;
      const target = round % 3 === 0 ? '1' : id;
      edits += 1;
      await app.send('PATCH', `/api/guests/${target}`, { phone: `${edits}` });
    }
  };
  const seen = new Map<string, Seen>();
  let writing = true;
  const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => {
    writing = false;
  });
  let since: string | null = null;
  let passes = 0;
  while (writing) {
    since = await follow(app, seen, since);
    passes += 1;
  }
  await writers;
  await follow(app, seen, since);

  t.ok(passes > 2, `${passes} passes ran beside the writers`);
  const all = (await app.list('guests', 'limit=1000')).json.data as Seen[];
  t.equal(all.length, 48);
  for (const record of all) t.same(seen.get(record.id), record);
});

t.test('a listing waits for a writer that has its stamp but has not committed', async (t) => {
  const app = await startTestApp(t);
  await app.send('POST', '/api/guests', { name: 'Ada' });
  const writer = new pg.Client(app.databaseUrl);
  await writer.connect();
  t.teardown(() => writer.end());
  await writer.query('begin');
  await writer.query("select pg_advisory_xact_lock(hashtextextended('travel_app.guests', 0))");
  const stamp = await writer.query<{ updated_at: string }>(
    "update travel_app.records set updated_at = clock_timestamp() returning to_char(updated_at, 'HH24:MI:SS.US') as updated_at",
  );
  let answered = false;
  const listing = app.list('guests').then((answer) => {
    answered = true;
    return answer;
  });
  t.equal((await app.list('teachers')).status, 200, 'other collections go on');
  t.equal(answered, false);
  await writer.query('commit');
  const { json } = await listing;
  t.match(json.data[0].updated_at, stamp.rows[0]?.updated_at);
  t.ok(json.server_time > json.data[0].updated_at);
});

t.test('the stamp of a record moves on even when the clock goes back', async (t) => {
  const app = await startTestApp(t);
  await app.send('POST', '/api/guests', { name: 'Ada' });
  const client = new pg.Client(app.databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  await client.query("update travel_app.records set updated_at = '2040-01-01T00:00:00.123456Z'");
  const { json } = await app.send('POST', '/api/guests/1/archive');
  t.match(json, { updated_at: '2040-01-01T00:00:00.123457Z', deleted_at: '2040-01-01T00:00:00.123457Z' });
});
