/** Creating, reading, searching and writing: forms of values, domains, orders, archived records. */
import type { Test } from 'tap';
import { type ContractOdoo, countryId, create, type Row, read, search, unique, write } from './contract-odoo.ts';

const model = 'res.partner';

export async function checkValues(t: Test, odoo: ContractOdoo): Promise<void> {
  const france = await countryId(odoo, 'FR');
  const name = unique('Ada');
  const id = await create(odoo, { name });
  t.match(
    await read(odoo, id, ['email', 'phone', 'country_id', 'category_id', 'comment', 'vat', 'parent_id', 'ref']),
    {
      email: false,
      phone: false,
      country_id: false,
      category_id: [],
      comment: false,
      vat: false,
      parent_id: false,
      ref: false,
    },
    'nothing is false',
  );
  t.match(
    await read(odoo, id, ['type', 'lang', 'active', 'is_company', 'customer_rank', 'supplier_rank', 'display_name']),
    {
      type: 'contact',
      lang: 'en_US',
      active: true,
      is_company: false,
      customer_rank: 0,
      supplier_rank: 0,
      display_name: name,
    },
    'what a record is born with',
  );
  const written: readonly (readonly [string, unknown, unknown])[] = [
    ['phone', ' padded ', ' padded '],
    ['phone', '', ''],
    ['phone', 5, '5'],
    ['phone', false, false],
    ['email', 'A@B.com', 'A@B.com'],
    ['lang', 'zz_ZZ', 'zz_ZZ'],
    ['lang', 'en_US', 'en_US'],
    ['comment', 'plain & 1 < 2', '<p>plain &amp; 1 &lt; 2</p>'],
    ['comment', '<p>a<br>b &amp; c</p>', '<p>a<br>b &amp; c</p>'],
    ['comment', '<p>a<br/>b</p>', '<p>a<br>b</p>'],
    ['comment', '<p>x</p><script>1</script>', '<p>x</p>'],
    ['comment', false, false],
    ['country_id', france, france],
    ['vat', 'fr 40 303 265 045', 'FR40303265045'],
    ['vat', '/', '/'],
    ['customer_rank', 3, 3],
    ['company_name', 'Employer', 'Employer'],
  ];
  for (const [field, sent, held] of written) {
    await write(odoo, id, { [field]: sent });
    t.same((await read(odoo, id, [field]))[field], held, `${field} ${JSON.stringify(sent)}`);
  }
  for (const [sent, held] of [
    ['"Ada L" <Ada@Example.com>', 'ada@example.com'],
    [' q@W.e ', 'q@w.e'],
    ['a@b.c, d@e.f', 'a@b.c'],
    ['none', false],
  ] as const) {
    await write(odoo, id, { email: sent });
    t.equal((await read(odoo, id, ['email_normalized'])).email_normalized, held, sent);
  }
  const pairs = (await odoo.call({ model, method: 'read', ids: [id], args: { fields: ['country_id'] } })) as Row[];
  t.same(pairs[0]?.country_id, [france, 'France'], 'a link is a pair unless asked for bare');
  t.same(await odoo.call({ model, method: 'read', ids: [999_999_999, id], args: { fields: ['name'] } }), [
    { id, name },
  ]);
  const both = { vals_list: [{ name: 'One' }, { name: 'Two' }] };
  const ids = (await odoo.call({ model, method: 'create', args: both })) as number[];
  t.equal(ids.length, 2);
  const gone = { model, method: 'unlink', ids };
  t.equal(await odoo.call(gone), true);
  t.same(await odoo.call({ model, method: 'read', ids, args: { fields: ['name'] } }), [], 'the missing are left out');
}

export async function checkTags(t: Test, odoo: ContractOdoo): Promise<void> {
  const tags: number[] = [];
  const names = [unique('Teacher'), unique('Guest')];
  for (const name of names) {
    const args = { vals_list: [{ name }] };
    tags.push(...((await odoo.call({ model: 'res.partner.category', method: 'create', args })) as number[]));
  }
  const [teacher, guest] = tags as [number, number];
  const id = await create(odoo, { category_id: [[6, 0, [teacher]]] });
  const held = async () => (await read(odoo, id, ['category_id'])).category_id;
  await write(odoo, id, { category_id: [[4, guest]] });
  t.same(await held(), [guest, teacher], 'tags come by name, not as they were given');
  t.same(await search(odoo, [['category_id', 'in', [guest]]]), [id]);
  t.same(await search(odoo, [['category_id', '=', teacher]]), [id]);
  t.same(await search(odoo, [['category_id.name', '=', names[0]]]), [id]);
  await write(odoo, id, { category_id: [[3, teacher]] });
  t.same(await held(), [guest]);
  await write(odoo, id, { category_id: [[6, 0, tags]] });
  const archive = (active: boolean) =>
    odoo.call({ model: 'res.partner.category', method: 'write', ids: [guest], args: { vals: { active } } });
  await archive(false);
  t.same(await held(), [teacher], 'an archived tag is hidden from its records');
  const all = { fields: ['category_id'], load: '' };
  const shown = { model, method: 'read', ids: [id], args: all, context: { active_test: false } };
  t.match(await odoo.call(shown), [{ category_id: [guest, teacher] }], 'unless the context wants the archived');
  await archive(true);
  await write(odoo, id, { category_id: [[3, teacher]] });
  t.same(
    await search(odoo, [
      ['id', '=', id],
      ['category_id', 'not in', [teacher]],
    ]),
    [id],
  );
  const category = 'res.partner.category';
  const rename = { model: category, method: 'write', ids: [guest], args: { vals: { name: unique('Renamed') } } };
  t.equal(await odoo.call(rename), true);
  t.equal(await odoo.call({ model: category, method: 'unlink', ids: [guest] }), true);
  t.same(await held(), [], 'a tag that is deleted leaves its records');
  const args = { domain: [['id', 'in', tags]], fields: ['name'], order: 'id', load: '' };
  t.same(await odoo.call({ model: category, method: 'search_read', args }), [{ id: teacher, name: names[0] }]);
  t.same(
    await odoo.call({ model: category, method: 'search', args: { domain: [['name', '=', names[0] as string]] } }),
    [teacher],
  );
  t.equal(await odoo.call({ model: category, method: 'search_count', args: { domain: [['id', 'in', tags]] } }), 1);
  const rows = await odoo.call({ model: category, method: 'read', ids: [teacher], args: { fields: ['active'] } });
  t.same(rows, [{ id: teacher, active: true }]);
}

export async function checkSearch(t: Test, odoo: ContractOdoo): Promise<void> {
  const mark = unique('Search');
  const ids = [
    await create(odoo, { name: `${mark} b`, email: 'One_1@example.com', ref: mark, phone: '1' }),
    await create(odoo, { name: `${mark} a`, email: 'two@example.com', ref: mark, is_company: true }),
    await create(odoo, { name: `${mark} c`, email: '', ref: mark, active: false }),
  ];
  const [first, second, archived] = ids as [number, number, number];
  const mine = ['ref', '=', mark];
  const cases: readonly (readonly [unknown[], number[]])[] = [
    [[mine], [first, second]],
    [[mine, ['active', 'in', [true, false]]], ids],
    [[mine, ['active', '=', false]], [archived]],
    [[mine, ['email', '=', 'two@example.com']], [second]],
    [[mine, ['email', '=ilike', 'TWO@EXAMPLE.COM']], [second]],
    [[mine, ['email', '=ilike', 'one\\_1@example.com']], [first]],
    [[mine, ['email', '=ilike', 'one\\_%']], [first]],
    [[mine, ['email', '=ilike', 'on_\\_1@%']], [first]],
    [
      [mine, ['email', 'ilike', 'EXAMPLE']],
      [first, second],
    ],
    [[mine, ['email', 'like', 'EXAMPLE']], []],
    [[mine, ['email_normalized', 'in', ['one_1@example.com', 'x@y.z']]], [first]],
    [[mine, ['email', '!=', 'two@example.com']], [first]],
    [[mine, ['email', 'not in', ['two@example.com']]], [first]],
    [[mine, ['phone', '=', false]], [second]],
    [[mine, ['phone', '!=', false]], [first]],
    [
      [mine, ['phone', '!=', 'x']],
      [first, second],
    ],
    [[mine, ['active', 'in', [true, false]], ['email', '=', false]], [archived]],
    [[mine, ['id', '>', first]], [second]],
    [[mine, ['id', '<=', first]], [first]],
    [
      ['&', mine, '|', ['phone', '=', '1'], ['is_company', '=', true]],
      [first, second],
    ],
    [['&', mine, '!', ['is_company', '=', true]], [first]],
    [[mine, ['id', 'in', []]], []],
    [
      [mine, ['parent_id', '=', false]],
      [first, second],
    ],
    [
      [mine, ['customer_rank', '=', 0]],
      [first, second],
    ],
    [[mine, ['customer_rank', '>', 0]], []],
  ];
  for (const [domain, expected] of cases) t.same(await search(odoo, domain), expected, JSON.stringify(domain.slice(1)));
  t.same(await search(odoo, [mine], { active_test: false }), ids, 'the context shows the archived');
  const page = (args: object) => odoo.call({ model, method: 'search', args: { domain: [mine], ...args } as never });
  t.same(await page({}), [second, first], 'by name of its own accord');
  t.same(await page({ order: 'id desc' }), [second, first]);
  t.same(await page({ order: 'id', limit: 1, offset: 1 }), [second]);
  t.equal(await odoo.call({ model, method: 'search_count', args: { domain: [mine] } as never }), 2);
  const found = { domain: [mine], fields: ['name', 'ref'], order: 'id', limit: 1 };
  t.same(await odoo.call({ model, method: 'search_read', args: found as never }), [
    { id: first, name: `${mark} b`, ref: mark },
  ]);
}

/** Lookups that the bridge makes once in a while. */
export async function checkReferences(t: Test, odoo: ContractOdoo): Promise<void> {
  const countries = (await odoo.call({
    model: 'res.country',
    method: 'search_read',
    args: { domain: [], fields: ['code', 'name'], order: 'id', load: '' },
  })) as Row[];
  t.ok(countries.length > 240);
  const germany = countries.find((country) => country.code === 'DE') as Row;
  t.match(germany, { id: Number, code: 'DE', name: 'Germany' });
  t.same(await odoo.call({ model: 'res.country', method: 'search', args: { domain: [['code', '=', 'DE']] } }), [
    germany.id,
  ]);
  t.match(await odoo.call({ model: 'res.country', method: 'read', ids: [germany.id], args: { fields: ['code'] } }), [
    { code: 'DE' },
  ]);
  t.same(await odoo.call({ model: 'res.lang', method: 'get_installed' }), [['en_US', 'English (US)']]);
  const languages = { domain: [], fields: ['code', 'active'] };
  t.match(await odoo.call({ model: 'res.lang', method: 'search_read', args: languages }), [
    { code: 'en_US', active: true },
  ]);
  const english = (await odoo.call({
    model: 'res.lang',
    method: 'search',
    args: { domain: [['code', '=', 'en_US']] },
  })) as number[];
  t.match(await odoo.call({ model: 'res.lang', method: 'read', ids: english, args: { fields: ['iso_code'] } }), [
    { iso_code: 'en' },
  ]);
  // As the poller asks, of a time that is yet to come.
  const attached = ['name', 'mimetype', 'res_model', 'res_id', 'checksum', 'write_date', 'create_date'];
  const domain = [
    ['id', '>', 0],
    ['write_date', '>=', '2999-01-01 00:00:00'],
  ];
  const poll = { domain, fields: attached, order: 'id', load: '', limit: 200 };
  t.same(await odoo.call({ model: 'ir.attachment', method: 'search_read', args: poll }), []);
  const described = { attributes: ['type'], allfields: ['checksum'] };
  t.same(await odoo.call({ model: 'ir.attachment', method: 'fields_get', args: described }), {
    checksum: { type: 'char' },
  });
  t.same(await odoo.call({ model: 'res.users', method: 'context_get' }), { lang: 'en_US', tz: false, uid: 2 });
  const users = { domain: [['id', '=', 2]], fields: ['login', 'partner_id'], load: '' };
  t.match(await odoo.call({ model: 'res.users', method: 'search_read', args: users }), [
    { login: 'admin', partner_id: 3 },
  ]);
  t.same(await odoo.call({ model: 'res.users', method: 'search', args: { domain: [['login', '=', 'admin']] } }), [2]);
  t.match(await odoo.call({ model: 'res.users', method: 'read', ids: [2], args: { fields: ['login'] } }), [
    { login: 'admin' },
  ]);
  const group = { group_ext_id: 'base.group_system' };
  t.equal(await odoo.call({ model: 'res.users', method: 'has_group', ids: [2], args: group }), true);
  const main = { module: 'base', xml_id: 'main_partner' };
  t.same(await odoo.call({ model: 'ir.model.data', method: 'check_object_reference', args: main }), ['res.partner', 1]);
  if (odoo.transport === 'json2') {
    const id = await create(odoo, {});
    t.same(await odoo.call({ model, method: 'get_external_id', ids: [id] }), { [id]: '' });
  }
  const wanted = ['name', 'country_id', 'category_id', 'write_date', 'mobile'];
  const args = { allfields: wanted, attributes: ['type', 'relation', 'store', 'readonly'] };
  t.same(await odoo.call({ model, method: 'fields_get', args }), {
    name: { type: 'char', store: true, readonly: false },
    country_id: { type: 'many2one', relation: 'res.country', store: true, readonly: false },
    category_id: { type: 'many2many', relation: 'res.partner.category', store: true, readonly: false },
    write_date: { type: 'datetime', store: true, readonly: true },
  });
  for (const other of ['res.partner.category', 'ir.actions.server', 'base.automation']) {
    const described = await odoo.call({
      model: other,
      method: 'fields_get',
      args: { allfields: ['name'], attributes: ['type'] },
    });
    t.same(described, { name: { type: 'char' } }, other);
  }
}
