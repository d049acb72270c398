/** write_date: whole seconds of the transaction's start, moved by every write, comparable by whole seconds only. */
import type { Test } from 'tap';
import { type ContractOdoo, create, nextSecond, read, readEach, search, write } from './contract-odoo.ts';
import { dialectOf } from './dialect.ts';

export async function checkWriteDates(t: Test, odoo: ContractOdoo): Promise<void> {
  const ids = [await create(odoo, {}), await create(odoo, {})];
  const [id] = ids as [number];
  const stamp = async () => (await read(odoo, id, ['write_date'])).write_date as string;
  const first = await stamp();
  t.match(first, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  t.equal((await read(odoo, id, ['create_date'])).create_date, first);
  t.ok(Math.abs(Date.parse(`${first.replace(' ', 'T')}Z`) - Date.now()) < 5000, 'UTC');

  await nextSecond();
  await write(odoo, id, {});
  const second = await stamp();
  t.ok(second > first, 'a write of nothing moves it');
  await nextSecond();
  await write(odoo, id, { phone: false });
  const third = await stamp();
  t.ok(third > second, 'a write of the same value moves it');
  await nextSecond();
  await write(odoo, id, { write_date: '2020-01-01 00:00:00', create_date: '2020-01-01 00:00:00' });
  t.ok((await stamp()) > third, 'it cannot be set');
  t.equal((await read(odoo, id, ['create_date'])).create_date, first);

  const batch = { model: 'res.partner', method: 'write', ids, args: { vals: { phone: '1' } } };
  await odoo.call(batch);
  t.equal(new Set(await readEach(odoo, ids, 'write_date')).size, 1, 'a batch shares one');

  const now = await stamp();
  const before = new Date(Date.parse(`${now.replace(' ', 'T')}Z`) - 1000).toISOString().slice(0, 19).replace('T', ' ');
  const own = ['id', '=', id];
  // Where microseconds are compared, what is read is older than what is stored: it equals nothing, all the more is later.
  const whole = !dialectOf(odoo).comparesMicroseconds;
  for (const [operator, value, found] of [
    ['=', now, whole],
    ['>=', now, true],
    ['<=', now, whole],
    ['>', now, !whole],
    ['<', now, false],
    ['>', before, true],
    ['!=', now, !whole],
    ['in', [now, before], whole],
    ['=', before, false],
    ['>=', now.replace(' ', 'T'), true],
    ['>', now.slice(0, 10), false],
    ['>=', now.slice(0, 10), true],
    ['<=', now.slice(0, 10), true],
    ['<', now.slice(0, 10), false],
    ['=', false, false],
  ] as const) {
    const domain = [own, ['write_date', operator, value]];
    t.equal((await search(odoo, domain)).length === 1, found, `${operator} ${value === now ? 'now' : value}`);
  }
}

export async function checkConcurrency(t: Test, odoo: ContractOdoo): Promise<void> {
  const id = await create(odoo, { phone: '0' });
  const startedAt = Math.floor(Date.now() / 1000) * 1000;
  await odoo.editSlowly(id, { phone: '1' });
  const row = await read(odoo, id, ['phone', 'write_date']);
  t.equal(row.phone, '1');
  const stamped = Date.parse(`${String(row.write_date).replace(' ', 'T')}Z`);
  t.ok(stamped >= startedAt && stamped <= Date.now() - 2000, 'the stamp is the start of a transaction, not its commit');
}
