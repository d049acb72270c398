/** Schedules with the real store on a real PostgreSQL: the promises hold there too, and the twin in memory is one. */
import pg from 'pg';
import t from 'tap';
import { explainFailure, formatExplanation } from '../explain-failure.ts';
import { generate } from '../generate.ts';
import { runSchedule } from '../run-schedule.ts';
import { runSeeds } from '../run-seeds.ts';
import { EPOCH } from '../scheduler.ts';
import { type Databases, openDatabases } from './open-databases.ts';
import { openPostgresStore } from './postgres-store.ts';
import { onBoth } from './run-both.ts';

t.setTimeout(300_000);

/** A sample that fits into every run of the tests; `npm run sim:postgres -- --seeds 5000` is the same with more. */
const SAMPLE = 15;
/** Longer than any run, with the clocks of both sides. */
const LONGEST_RUN_MS = 6 * 3_600_000;

let databases: Databases;
t.before(async () => {
  databases = await openDatabases(2);
});
t.teardown(() => databases.close());

t.test('no schedule breaks a promise, nor goes another way than in memory', { timeout: 180_000 }, async (t) => {
  const { failures, schedules, hash } = await runSeeds(
    { from: 1, count: SAMPLE },
    { threads: 2, databases: databases.urls },
  );
  const [first] = failures;
  if (first) {
    const store = await openPostgresStore(databases.urls[0] ?? '');
    const explanation = await explainFailure(first.seed, onBoth(store));
    if (explanation) t.comment(formatExplanation(explanation));
    await store.close();
  }
  t.same(failures, []);
  t.equal(schedules, SAMPLE);
  t.equal(hash, (await runSeeds({ from: 1, count: SAMPLE }, { threads: 2 })).hash);
});

t.test('what the database refuses is a violation, and not a failure to be tried again', async (t) => {
  const [url = ''] = databases.urls;
  const store = await openPostgresStore(url);
  const client = new pg.Client(url);
  await client.connect();
  await client.query('alter table cursors add constraint refuses check (false) not valid');
  try {
    const { violations } = await onBoth(store)(generate(1));
    t.match(violations.find(({ detail }) => detail.startsWith('advance:'))?.detail, /cursors/);
    t.ok(
      violations.some(({ invariant }) => invariant === 'I15'),
      'and the twin goes another way',
    );
  } finally {
    await client.query('alter table cursors drop constraint refuses');
    await client.end();
    await store.close();
  }
});

t.test('one run leaves nothing for the next', async (t) => {
  const store = await openPostgresStore(databases.urls[0] ?? '');
  const options = { openStore: store.open, keepTrace: true };
  const schedule = generate(3);
  const [first, second] = [await runSchedule(schedule, options), await runSchedule(schedule, options)];
  t.same(second.trace, first.trace);
  t.equal((await runSchedule(schedule)).hash, first.hash);
  await store.close();
});

t.test('all that a run left is of the time of the simulation', async (t) => {
  const [url = ''] = databases.urls;
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ table_name: string; column_name: string }>(`
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and data_type = 'timestamp with time zone' and table_name not like 'kysely%'`);
  let times = 0;
  for (const { table_name, column_name } of rows) {
    const found = await client.query<{ at: Date }>(
      `select ${column_name} as at from ${table_name} where ${column_name} is not null`,
    );
    times += found.rows.length;
    const strange = found.rows.filter(({ at }) => Math.abs(at.getTime() - EPOCH) > LONGEST_RUN_MS);
    t.same(strange, [], `${table_name}.${column_name}`);
  }
  await client.end();
  t.ok(times > 100, `${times} times were looked at`);
});
