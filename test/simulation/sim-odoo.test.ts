import t from 'tap';
import { teacher } from '../../src/entities/teacher.ts';
import { createLedger } from './ledger.ts';
import { createRandom } from './random.ts';
import { createScheduler, EPOCH } from './scheduler.ts';
import { createSideClock } from './side-clock.ts';
import { createSimOdoo, REFUSED_BY_ODOO } from './sim-odoo.ts';
import { writeIfUnchanged } from './sim-odoo-records.ts';
import { createTrace } from './trace.ts';

function start(offsetMs = 0) {
  const scheduler = createScheduler(createRandom(1), createTrace(false), 1_000);
  const posted: number[] = [];
  const odoo = createSimOdoo({
    scheduler,
    ledger: createLedger(),
    clock: createSideClock(scheduler.now, offsetMs),
    onChange: (id) => posted.push(id),
  });
  const make = (values: object) =>
    odoo.transact('person', scheduler.now(), (transaction) => transaction.create(values));
  const write = (id: number, values: object) =>
    odoo.transact('person', scheduler.now(), (transaction) => transaction.write(id, values));
  const later = (ms: number) => scheduler.runUntil(scheduler.now() + ms);
  return { scheduler, odoo, posted, make, write, later };
}

t.test('write_date is the start of the transaction, on the clock of Odoo, in whole seconds', async (t) => {
  const { scheduler, odoo, make, later } = start(-5_000);
  const id = make({ name: 'Ann' });
  await later(10_000);
  const begunAt = scheduler.now();
  await later(7_400);
  odoo.transact('person', begunAt, (transaction) => transaction.write(id, { phone: '1' }));
  t.equal(odoo.find(id)?.write_date, new Date(EPOCH + 5_000).toISOString().slice(0, 19).replace('T', ' '));
});

t.test('a transaction that lost a race runs again, with a new start', async (t) => {
  const { scheduler, odoo, make, write, later } = start();
  const id = make({ name: 'Ann' });
  await later(10_000);
  const begunAt = scheduler.now();
  await later(5_000);
  write(id, { phone: '2' });
  await later(5_000);
  const seen: unknown[] = [];
  odoo.transact('person', begunAt, (transaction) => {
    seen.push(transaction.get(id)?.phone);
    transaction.write(id, { city: 'Ulm' });
  });
  t.match(odoo.find(id), { phone: '2', city: 'Ulm', write_date: /14:00:20$/ });
  t.equal(seen.at(-1), '2');
});

t.test('the compare-and-set writes the rows that still hold what is expected, and refuses the others', async (t) => {
  const { scheduler, odoo, make, write } = start();
  const [ann, bob] = [make({ name: 'Ann', phone: '1' }), make({ name: 'Bob', phone: '1' })];
  write(bob, { phone: 'edited' });
  const row = (id: number) => ({
    id,
    expect: { phone: '1' },
    write: { values: { phone: 'ours' }, deferred: [], unheld: [] },
  });
  const done = writeIfUnchanged(odoo, scheduler.now(), [row(ann), row(bob), row(999)]);
  t.same([...done.keys()], [ann]);
  t.equal(odoo.find(ann)?.phone, 'ours');
  t.equal(odoo.find(bob)?.phone, 'edited');
});

t.test('one refused or forbidden row undoes the whole call', async (t) => {
  const { scheduler, odoo, make } = start();
  const [ann, bob] = [make({ name: 'Ann' }), make({ name: 'Bob' })];
  const both = (values: object) =>
    odoo.transact('bridge', scheduler.now(), (transaction) => {
      transaction.write(ann, { city: 'Ulm' });
      transaction.write(bob, values);
    });
  t.throws(() => both({ phone: REFUSED_BY_ODOO }), { code: 'refused_by_odoo' });
  odoo.setRight(bob, 'readonly');
  t.throws(() => both({ phone: '1' }), { code: 'access_denied' });
  t.equal(odoo.find(ann)?.city, false);
  odoo.setRight(bob, 'hidden');
  t.same(
    odoo.visible(() => true).map(({ id }) => id),
    [ann],
  );
});

t.test(
  'a version is overlooked that a listing left out, until an answer has it or another one replaces it',
  async (t) => {
    const { odoo, make, write } = start();
    const [ann, bob] = [make({ name: 'Ann' }), make({ name: 'Bob' })];
    const isOverlooked = () => [ann, bob].map(odoo.isOverlooked);
    odoo.setRight(ann, 'hidden');
    odoo.page(({ id }) => id > ann, 10);
    t.same(isOverlooked(), [false, false], 'not by a listing of others');
    t.same(
      odoo.page(() => true, 10).map(({ id }) => id),
      [bob],
    );
    t.same(isOverlooked(), [true, false]);
    t.same(odoo.byIds([ann]), []);
    odoo.setRight(ann, 'full');
    t.same(isOverlooked(), [true, false], 'its coming into view tells nobody');
    t.same(
      odoo.page(() => true, 1).map(({ id }) => id),
      [ann],
    );
    odoo.setRight(ann, 'hidden');
    odoo.page(() => true, 10);
    t.same(isOverlooked(), [false, false], 'what an answer had is known');
    write(ann, { phone: '1' });
    odoo.page(() => true, 10);
    t.same(isOverlooked(), [true, false], 'until it is edited');
    odoo.setRight(ann, 'full');
    odoo.byIds([ann]);
    t.same(isOverlooked(), [false, false]);
  },
);

t.test('a company and its contacts share address and tax number, without a webhook for the address', async (t) => {
  const { odoo, make, write, posted } = start();
  const school = make({ name: 'School', is_company: true, city: 'Ulm' });
  const [ann, bob, eve] = [
    make({ name: 'Ann', parent_id: school }),
    make({ name: 'Bob', parent_id: school }),
    make({ name: 'Eve', parent_id: school, type: 'other' }),
  ];
  t.equal(odoo.find(ann)?.city, 'Ulm');
  t.equal(odoo.find(eve)?.city, false);
  posted.length = 0;
  write(ann, { city: 'Lyon' });
  t.same(
    [school, ann, bob, eve].map((id) => odoo.find(id)?.city),
    ['Lyon', 'Lyon', 'Lyon', false],
  );
  t.same(posted.sort(), [school, ann]);
  write(school, { vat: 'de 1' });
  t.same(
    [ann, bob, eve].map((id) => odoo.find(id)?.vat),
    ['DE1', 'DE1', 'DE1'],
  );
});

t.test('a write of equal values moves the stamp and tells nobody', async (t) => {
  const { odoo, make, write, posted, later } = start();
  const id = make({ name: 'Ann' });
  posted.length = 0;
  await later(5_000);
  write(id, { name: 'Ann' });
  t.match(odoo.find(id)?.write_date, /14:00:05$/);
  t.same(posted, []);
});

t.test('Odoo 17 and 18 tell before they commit', async (t) => {
  const { scheduler, odoo, make, posted, later } = start();
  const id = make({ name: 'Ann' });
  posted.length = 0;
  odoo.transactEarly(scheduler.now(), 800, (transaction) => transaction.write(id, { phone: '1' }));
  t.same(posted, [id]);
  t.equal(odoo.find(id)?.phone, false);
  await later(1_000);
  t.equal(odoo.find(id)?.phone, '1');
});

t.test('merging moves external ids, tags and children to the survivor; deleting drops the ids', async (t) => {
  const { scheduler, odoo, make } = start();
  const survivor = make({ name: 'Ann', category_id: [12] });
  const loser = odoo.transact('bridge', scheduler.now(), (transaction) =>
    transaction.load('bridge_main.teacher_a1', { name: 'Ann', phone: '1', category_id: [11] }),
  );
  odoo.transact('person', scheduler.now(), (transaction) => transaction.merge(loser, survivor));
  t.equal(odoo.find(loser), undefined);
  t.equal(odoo.externalId('bridge_main.teacher_a1'), survivor);
  t.match(odoo.find(survivor), { phone: '1', category_id: [11, 12] });
  odoo.transact('person', scheduler.now(), (transaction) => transaction.unlink(survivor));
  t.equal(odoo.externalId('bridge_main.teacher_a1'), undefined);
});

t.test('load() under a known external id writes to its record instead of making another', async (t) => {
  const { scheduler, odoo } = start();
  const load = (phone: string) =>
    odoo.transact('bridge', scheduler.now(), (transaction) => transaction.load('key', { name: 'Ann', phone }));
  t.equal(load('1'), load('2'));
  t.equal(odoo.rows().length, 1);
  t.equal(teacher.odoo.decode({ ...odoo.rows()[0] }, { companyName: () => null, has: () => true } as never).phone, '2');
});
