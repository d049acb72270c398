import t from 'tap';
import { guest } from '../../src/entities/guest.ts';
import { createLedger } from './ledger.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { createSideClock } from './side-clock.ts';
import { createSimApp, REFUSED_BY_APP } from './sim-app.ts';
import { createTrace } from './trace.ts';

function start() {
  const scheduler = createScheduler(createRandom(1), createTrace(false), 1_000);
  const told: string[] = [];
  const clock = createSideClock(scheduler.now, 0);
  const app = createSimApp({
    scheduler,
    ledger: createLedger(),
    clock,
    pageSize: 2,
    onChange: (_, id) => told.push(id),
  });
  return { scheduler, app, told, clock };
}

t.test('a write is refused when the record has changed since it was read', async (t) => {
  const { app } = start();
  const ann = app.createByPerson(guest, { name: 'Ann' });
  app.writeByPerson(guest, ann.id, { phone: '1' });
  const write = (key: string, stamp: string | undefined) =>
    app.batch(guest, [
      {
        op: 'update',
        id: ann.id,
        idempotency_key: key,
        ...(stamp && { if_updated_at: stamp }),
        fields: { phone: '2' },
      },
    ])[0];
  t.same(write('k1', ann.updated_at), { status: 'stale' });
  t.match(write('k2', app.find(guest, ann.id)?.updated_at), { status: 'ok', record: { phone: '2' } });
  const stamp = app.find(guest, ann.id)?.updated_at;
  t.match(write('k2', 'whatever'), { status: 'ok' }, 'a key that was answered is answered again');
  t.equal(app.find(guest, ann.id)?.updated_at, stamp, 'and nothing is done');
});

t.test('a create key makes one record, and a refused value none', async (t) => {
  const { app } = start();
  const create = (fields: object) =>
    app.batch(guest, [{ op: 'create', idempotency_key: 'k', fields: { name: 'Ann', ...fields } }])[0];
  t.match(create({ phone: REFUSED_BY_APP }), { status: 'invalid', field: 'phone' });
  create({});
  create({});
  t.equal(app.rows(guest).length, 1);
});

t.test('pages follow stamp and id, and records that are hidden are left out everywhere', async (t) => {
  const { app, scheduler } = start();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    app.createByPerson(guest, { name, email: `${name}@example.org` });
    await scheduler.runUntil(scheduler.now() + 1_000);
  }
  app.hide(guest, 'a2', true);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<typeof app.page> = app.page(guest, null, cursor);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  t.same(seen, ['a1', 'a3', 'a4', 'a5']);
  t.same(
    app.byIds(guest, ['a1', 'a2']).map(({ id }) => id),
    ['a1'],
  );
  t.same(app.byEmail(guest, 'b@example.org'), []);
  const [result] = app.batch(guest, [{ op: 'archive', id: 'a2', idempotency_key: 'k', fields: {} }]);
  t.same(result, { status: 'not_found' });
});

t.test(
  'a version is overlooked that a listing left out, until an answer has it or another one replaces it',
  async (t) => {
    const { app, scheduler } = start();
    const since = scheduler.now();
    app.createByPerson(guest, { name: 'Ann' });
    app.createByPerson(guest, { name: 'Bob' });
    const isOverlooked = () => ['a1', 'a2'].map((id) => app.isOverlooked(guest, id));
    app.hide(guest, 'a1', true);
    app.page(guest, since + 60_000, null);
    t.same(isOverlooked(), [false, false], 'not by a listing of what came later');
    app.page(guest, since, null);
    t.same(isOverlooked(), [true, false]);
    app.byIds(guest, ['a1']);
    t.same(isOverlooked(), [true, false], 'an answer without it tells nothing');
    app.hide(guest, 'a1', false);
    t.same(isOverlooked(), [true, false], 'nor does its coming into view');
    app.byIds(guest, ['a1']);
    t.same(isOverlooked(), [false, false]);
    app.hide(guest, 'a1', true);
    app.page(guest, since, null);
    t.same(isOverlooked(), [false, false], 'what an answer had is known');
    app.writeByPerson(guest, 'a1', { phone: '1' });
    app.page(guest, since, null);
    t.same(isOverlooked(), [true, false], 'until it is edited');
    app.writeByPerson(guest, 'a1', { phone: '2' });
    t.same(isOverlooked(), [false, false], 'of the next version no listing was asked yet');
  },
);

t.test('stamps follow the clock of the app, also where it is set back', async (t) => {
  const { app, clock, told } = start();
  const ann = app.createByPerson(guest, { name: 'Ann' });
  clock.jump(-300_000);
  app.writeByPerson(guest, ann.id, { phone: '1' });
  t.ok(String(app.find(guest, ann.id)?.updated_at) < ann.updated_at);
  t.match(ann.updated_at, /\.\d{6}Z$/);
  t.same(told, ['a1', 'a1']);
});
