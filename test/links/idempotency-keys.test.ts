import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { type Claimed, createIdempotencyKeys } from '../../src/links/idempotency-keys.ts';
import { createTestDatabase } from '../support/postgres.ts';

const REQUEST = { caller: 'a', key: 'k', request: 'POST /x' };
const ANSWER = { status: 202, headers: { location: '/y' }, body: '{"n":1}' };

/** As several processes have them: each on connections of its own. */
async function open(t: Test, processes = 1) {
  const { url } = await createTestDatabase(t);
  const dbs = Array.from({ length: processes }, () => openDatabase({ url, maxConnections: 5 }));
  for (const db of dbs) t.teardown(() => db.destroy());
  const age = (interval: string) =>
    sql`update idempotency_keys set started_at = started_at - ${interval}::interval, busy_until = busy_until - ${interval}::interval`.execute(
      dbs[0] as never,
    );
  return { dbs, keys: dbs.map(createIdempotencyKeys), age };
}

function claimOf(claimed: Claimed | undefined) {
  if (claimed?.kind !== 'ours') throw new Error(`it is ${claimed?.kind}`);
  return claimed.claim;
}

t.test('the same again is busy at first, then answered; another request is told so', async (t) => {
  const { keys } = await open(t);
  const [store] = keys as [(typeof keys)[0]];
  const claim = claimOf(await store.claim(REQUEST));
  const busy = await store.claim(REQUEST);
  t.match(busy, { kind: 'busy' });
  if (busy.kind === 'busy') t.ok(busy.retryAfterSeconds > 110 && busy.retryAfterSeconds <= 120);
  t.same(await store.claim({ ...REQUEST, request: 'POST /z' }), { kind: 'other' }, 'while it is in work');
  await store.keep(claim, ANSWER);
  t.same(await store.claim(REQUEST), { kind: 'answered', answer: ANSWER });
  t.same(await store.claim({ ...REQUEST, request: 'POST /z' }), { kind: 'other' }, 'and when it is answered');
  t.match(await store.claim({ ...REQUEST, caller: 'b' }), { kind: 'ours' }, 'the key of another caller is another');
});

t.test('of many at once in several processes one gets it', async (t) => {
  const { keys, dbs } = await open(t, 3);
  for (let round = 0; round < 10; round += 1) {
    const request = { ...REQUEST, key: `round ${round}` };
    const claims = await Promise.all(Array.from({ length: 30 }, (_, n) => keys[n % 3]?.claim(request)));
    const kinds = Map.groupBy(claims, (claimed) => claimed?.kind);
    t.same([kinds.get('ours')?.length, kinds.get('busy')?.length], [1, 29]);
  }
  t.equal(dbs.length, 3);
});

t.test('what died may be sent again after a while, and has no say any more', async (t) => {
  const { keys, age } = await open(t);
  const [store] = keys as [(typeof keys)[0]];
  const dead = claimOf(await store.claim(REQUEST));
  await age('3 minutes');
  t.same(await store.claim({ ...REQUEST, request: 'POST /z' }), { kind: 'other' }, 'but not for something else');
  const alive = claimOf(await store.claim(REQUEST));
  await store.keep(dead, { ...ANSWER, body: 'late' });
  await store.free(dead);
  t.match(await store.claim(REQUEST), { kind: 'busy' });
  await store.keep(alive, ANSWER);
  await age('3 minutes');
  t.same(await store.claim(REQUEST), { kind: 'answered', answer: ANSWER });
});

t.test('a key is free again when its request failed, and after a day', async (t) => {
  const { keys, age } = await open(t);
  const [store] = keys as [(typeof keys)[0]];
  await store.free(claimOf(await store.claim(REQUEST)));
  await store.keep(claimOf(await store.claim(REQUEST)), ANSWER);
  await age('23 hours 59 minutes');
  t.match(await store.claim(REQUEST), { kind: 'answered' });
  await age('2 minutes');
  const anew = claimOf(await store.claim({ ...REQUEST, request: 'POST /z' }));
  t.match(await store.claim({ ...REQUEST, request: 'POST /z' }), { kind: 'busy' }, 'nothing is left of the old answer');
  await store.keep(anew, ANSWER);
});

t.test('neither key nor request stand in the database', async (t) => {
  const { keys, dbs } = await open(t);
  const [store] = keys as [(typeof keys)[0]];
  await store.claim({ caller: 'somebody', key: 'Jane Doe', request: 'POST /jane' });
  const { rows } = await sql<{ row: string }>`select idempotency_keys::text as row from idempotency_keys`.execute(
    dbs[0] as never,
  );
  t.equal(rows.length, 1);
  t.notMatch(rows[0]?.row, new RegExp([...'Jane'].map((c) => c.charCodeAt(0).toString(16)).join('')));
  t.notMatch(rows[0]?.row, /jane|somebody/i);
});
