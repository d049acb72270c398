/** What Odoo does to other partners when one is written: addresses, tax numbers, languages, names. */
import type { Test } from 'tap';
import {
  type ContractOdoo,
  countryId,
  create,
  loadPartners,
  nextSecond,
  read,
  readEach,
  unique,
  write,
} from './contract-odoo.ts';

const ADDRESS = ['street', 'street2', 'zip', 'city', 'country_id'] as const;

/** The school trap: one teacher's address must not become everybody's. */
export async function checkSchool(t: Test, odoo: ContractOdoo): Promise<void> {
  const school = await create(odoo, { is_company: true, street: '1 School Street', city: 'Lyon' });
  const teacher = (type: string) => create(odoo, { parent_id: school, type });
  const others = [await teacher('other'), await teacher('other'), await teacher('other')];
  const [first, ...rest] = others as [number, number, number];
  t.same(await readEach(odoo, others, 'street'), [false, false, false], 'type other gets no address from its parent');
  await write(odoo, first, { street: '9 Own Road', zip: '69001', city: 'Paris' });
  t.match(await read(odoo, first, ADDRESS), { street: '9 Own Road', zip: '69001', city: 'Paris' });
  t.same(await readEach(odoo, rest, 'street'), [false, false]);
  t.match(await read(odoo, school, ADDRESS), { street: '1 School Street', zip: false, city: 'Lyon' });
  await write(odoo, school, { street: '2 School Street' });
  t.equal((await read(odoo, first, ['street'])).street, '9 Own Road', 'nor does the school write down to it');

  const contacts = [await teacher('contact'), await teacher('contact')];
  const [one] = contacts as [number, number];
  t.same(
    await readEach(odoo, contacts, 'street'),
    ['2 School Street', '2 School Street'],
    'type contact gets it at once',
  );
  await write(odoo, one, { street: '7 Wrong Way' });
  t.same(
    await readEach(odoo, [school, ...contacts], 'street'),
    Array(3).fill('7 Wrong Way'),
    'and gives its own to all',
  );
  t.equal((await read(odoo, first, ['street'])).street, '9 Own Road');
  await write(odoo, one, { type: 'other', street: '3 Private Path' });
  t.same(await readEach(odoo, [school, ...contacts], 'street'), ['7 Wrong Way', '3 Private Path', '7 Wrong Way']);
  await write(odoo, one, { type: 'contact' });
  t.equal((await read(odoo, one, ['street'])).street, '7 Wrong Way', 'back as a contact, back to the common address');
  await write(odoo, one, { street: false, city: false });
  t.same(
    await readEach(odoo, [school, ...contacts], 'street'),
    Array(3).fill('7 Wrong Way').with(1, false),
    'an emptied address is not given upwards',
  );
}

export async function checkFirstContact(t: Test, odoo: ContractOdoo): Promise<void> {
  for (const type of ['contact', 'other']) {
    const school = await create(odoo, { is_company: true });
    const load = async (street: string) => {
      const { ids } = await loadPartners(
        odoo,
        ['name', 'parent_id/.id', 'type', 'street'],
        [['T', String(school), type, street]],
      );
      return (ids as number[])[0] as number;
    };
    const first = await load('1 First Street');
    t.equal(
      (await read(odoo, school, ['street'])).street,
      '1 First Street',
      `load() of a first ${type} gives its address to the school`,
    );
    const second = await load('2 Second Street');
    const kept = type === 'other' ? '2 Second Street' : '1 First Street';
    t.same(
      await readEach(odoo, [school, first, second], 'street'),
      ['1 First Street', '1 First Street', kept],
      'the next one does not',
    );
  }
  const school = await create(odoo, { is_company: true });
  const teacher = await create(odoo, { parent_id: school, type: 'other' });
  await write(odoo, teacher, { street: '4 Later Lane' });
  t.equal(
    (await read(odoo, school, ['street'])).street,
    false,
    'a later write of a first child of type other stays below',
  );
  const plain = await create(odoo, { is_company: true });
  await create(odoo, { parent_id: plain, type: 'other', street: '5 Created Close' });
  t.equal((await read(odoo, plain, ['street'])).street, false, 'nor does create() of one rise');
  await create(odoo, { parent_id: plain, type: 'contact', street: '6 Contact Court' });
  t.equal((await read(odoo, plain, ['street'])).street, '6 Contact Court', 'but of a contact it does');
}

export async function checkMovingSchool(t: Test, odoo: ContractOdoo): Promise<void> {
  const school = await create(odoo, { is_company: true, street: '1 School Street', lang: 'en_US' });
  const moved = await create(odoo, { street: '8 Home', company_name: 'Employer', lang: 'zz_ZZ' });
  await write(odoo, moved, { parent_id: school, type: 'other' });
  const row = await read(odoo, moved, ['street', 'lang', 'company_name', 'type', 'parent_id']);
  t.match(row, { street: '8 Home', type: 'other', parent_id: school, company_name: false });
  t.equal(row.lang, 'en_US', 'a new parent brings its language');
  await write(odoo, moved, { parent_id: false });
  t.equal((await read(odoo, moved, ['lang'])).lang, 'en_US');
  await write(odoo, moved, { parent_id: school, lang: 'zz_ZZ' });
  t.equal((await read(odoo, moved, ['lang'])).lang, 'zz_ZZ', 'unless one is given with it');
  const plain = await create(odoo, { street: '8 Home' });
  await write(odoo, plain, { parent_id: school });
  t.equal((await read(odoo, plain, ['street'])).street, '1 School Street', 'a contact loses its own address');
  const empty = await create(odoo, { is_company: true });
  const late = await create(odoo, { street: '8 Home' });
  await write(odoo, late, { parent_id: empty });
  t.equal((await read(odoo, empty, ['street'])).street, '8 Home', 'or gives it to a school that has none');
}

export async function checkTaxNumber(t: Test, odoo: ContractOdoo): Promise<void> {
  const country_id = await countryId(odoo, 'BE');
  const school = await create(odoo, { is_company: true, vat: 'BE0477472701', country_id });
  const teachers = [
    await create(odoo, { parent_id: school, type: 'other' }),
    await create(odoo, { parent_id: school, type: 'other' }),
  ];
  const all = [school, ...teachers];
  t.same(await readEach(odoo, all, 'vat'), Array(3).fill('BE0477472701'), 'the parent gives its tax number');
  await write(odoo, teachers[0] as number, { vat: 'BE0403170701' });
  t.same(
    await readEach(odoo, all, 'vat'),
    Array(3).fill('BE0403170701'),
    'a child gives its own to all, whatever its type',
  );
  await write(odoo, school, { vat: false });
  t.same(await readEach(odoo, all, 'vat'), [false, false, false]);
  const { ids } = await loadPartners(
    odoo,
    ['name', 'parent_id/.id', 'type', 'vat'],
    [['T', String(school), 'other', 'BE0477472701']],
  );
  t.equal(
    (await read(odoo, (ids as number[])[0] as number, ['vat'])).vat,
    false,
    'load() drops the tax number of a child',
  );
}

export async function checkBumps(t: Test, odoo: ContractOdoo): Promise<void> {
  const name = unique('School');
  const school = await create(odoo, { is_company: true, name });
  const teacher = await create(odoo, { parent_id: school, type: 'other', name: 'Ada' });
  const archived = await create(odoo, { parent_id: school, type: 'other', name: 'Bob', active: false });
  t.equal((await read(odoo, teacher, ['display_name'])).display_name, `${name}, Ada`);
  t.equal((await read(odoo, teacher, ['commercial_partner_id'])).commercial_partner_id, school);
  t.equal((await read(odoo, teacher, ['commercial_company_name'])).commercial_company_name, name);
  t.same((await read(odoo, school, ['child_ids'])).child_ids, [teacher], 'the archived are no children');
  const stamps = () => readEach(odoo, [school, teacher, archived], 'write_date');
  const before = await stamps();
  await nextSecond();
  await write(odoo, teacher, { phone: '1' });
  const own = await stamps();
  t.same([own[0], own[2]], [before[0], before[2]], "a teacher's phone moves nobody else");
  await nextSecond();
  await write(odoo, school, { phone: '2' });
  const phone = await stamps();
  t.ok(String(phone[1]) > String(own[1]), "any change of a school moves its teachers' write_date");
  t.equal(phone[2], own[2], 'but not of the archived');
  await nextSecond();
  await write(odoo, school, { phone: '2' });
  const same = await stamps();
  t.ok(String(same[0]) > String(phone[0]));
  t.equal(same[1], phone[1], 'a write that changes nothing does not');
  await nextSecond();
  await write(odoo, school, { name: `${name} 2` });
  const renamed = await stamps();
  t.ok(String(renamed[2]) > String(same[2]), 'a renamed school moves even the archived');
  t.equal((await read(odoo, archived, ['complete_name'])).complete_name, `${name} 2, Bob`);
}
