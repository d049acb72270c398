/** `load()`: creating with external ids, all or nothing. */
import type { Test } from 'tap';
import { type ContractOdoo, countryId, create, loadPartners, type Row, read, search, unique } from './contract-odoo.ts';

export async function checkLoad(t: Test, odoo: ContractOdoo): Promise<void> {
  const france = await countryId(odoo, 'FR');
  const args = { vals_list: [{ name: unique('Tag') }, { name: unique('Tag') }] };
  const tags = (await odoo.call({ model: 'res.partner.category', method: 'create', args })) as number[];
  const module = `bridge_${odoo.transport}`;
  const stem = unique('load').replaceAll(/[ -]/g, '_');
  const key = (name: string) => `${module}.${stem}_${name}`;
  const reference = async (name: string) => {
    const call = {
      model: 'ir.model.data',
      method: 'check_object_reference',
      args: { module, xml_id: `${stem}_${name}` },
    };
    const answer = await odoo.raw(call);
    return answer.kind === 'value' ? (answer.value as unknown[])[1] : null;
  };

  const fields = [
    'id',
    'name',
    'email',
    'country_id/.id',
    'category_id/.id',
    'is_company',
    'customer_rank',
    'lang',
    'comment',
  ];
  const row = [key('a'), 'Ada', 'a@b.c', String(france), tags.join(), '', '1', 'en_US', '<p>x</p>'];
  const { ids, messages } = await loadPartners(odoo, fields, [row]);
  t.same(messages, []);
  const [id] = ids as [number];
  t.match(
    await read(odoo, id, [
      'name',
      'email',
      'country_id',
      'category_id',
      'is_company',
      'customer_rank',
      'lang',
      'comment',
    ]),
    {
      name: 'Ada',
      email: 'a@b.c',
      country_id: france,
      category_id: tags,
      is_company: false,
      customer_rank: 1,
      lang: 'en_US',
      comment: '<p>x</p>',
    },
  );
  t.equal(await reference('a'), id);

  t.same((await loadPartners(odoo, ['id', 'name', 'email'], [[key('a'), 'Ada L', '']])).ids, [id], 'known: written');
  t.match(await read(odoo, id, ['name', 'email']), { name: 'Ada L', email: false }, 'an empty cell empties');
  await loadPartners(odoo, ['id', 'category_id/.id', 'country_id/.id'], [[key('a'), '', '']]);
  t.match(await read(odoo, id, ['category_id', 'country_id']), { category_id: [], country_id: false });

  const twice = await loadPartners(
    odoo,
    ['id', 'name'],
    [
      [key('twice'), 'One'],
      [key('twice'), 'Two'],
    ],
  );
  t.equal(new Set(twice.ids as number[]).size, 1, 'the same external id twice is one record');
  t.equal((await read(odoo, (twice.ids as number[])[0] as number, ['name'])).name, 'Two');

  const both = await loadPartners(odoo, ['id', '.id', 'name'], [[key('both'), String(id), 'Both']]);
  t.not((both.ids as number[])[0], id, 'a database id beside a new external id does not name the record');

  const named = await loadPartners(odoo, ['.id', 'name'], [[String(id), 'By id']]);
  t.same(named.ids, [id]);
  t.equal((await read(odoo, id, ['name'])).name, 'By id');

  const child = await loadPartners(
    odoo,
    ['id', 'name', 'parent_id/id', 'type'],
    [[key('c'), 'Child', key('a'), 'other']],
  );
  t.match(await read(odoo, (child.ids as number[])[0] as number, ['parent_id', 'type']), {
    parent_id: id,
    type: 'other',
  });

  await odoo.call({ model: 'res.partner', method: 'unlink', ids: child.ids as number[] });
  t.equal(await reference('c'), null, 'a deleted record takes its external id along');
  const again = await loadPartners(odoo, ['id', 'name'], [[key('c'), 'Child']]);
  t.notSame(again.ids, child.ids, 'and is made anew');

  const archived = await loadPartners(odoo, ['id', 'name', 'active'], [[key('z'), 'Archived', 'False']]);
  t.same(
    (await loadPartners(odoo, ['id', 'name'], [[key('z'), 'Still']])).ids,
    archived.ids,
    'archived ones are found',
  );

  const dataArgs = {
    domain: [
      ['module', '=', module],
      ['name', '=', `${stem}_a`],
    ],
    fields: ['name', 'res_id', 'model'],
  };
  const data = (await odoo.call({ model: 'ir.model.data', method: 'search_read', args: dataArgs })) as Row[];
  t.match(data, [{ name: `${stem}_a`, res_id: id, model: 'res.partner' }]);
  const dataIds = await odoo.call({ model: 'ir.model.data', method: 'search', args: { domain: dataArgs.domain } });
  t.same(dataIds, [data[0]?.id]);

  const category = { fields: ['id', 'name'], data: [[key('tag'), unique('Loaded tag')]] };
  t.match(await odoo.call({ model: 'res.partner.category', method: 'load', args: category }), {
    ids: [Number],
    messages: [],
  });
}

export async function checkLoadRefusals(t: Test, odoo: ContractOdoo): Promise<void> {
  const stem = `bridge_${odoo.transport}.${unique('bad').replaceAll(/[ -]/g, '_')}`;
  const france = await countryId(odoo, 'FR');
  const good = unique('Good');
  const tag = { fields: ['id', 'name'], data: [[`${stem}_tag`, unique('Tag')]] };
  await odoo.call({ model: 'res.partner.category', method: 'load', args: tag });
  const cases: readonly (readonly [string, string[], string[], object])[] = [
    ['no name', ['name'], [''], { record: 1, message: 'Contacts require a name' }],
    [
      'no number',
      ['customer_rank'],
      ['a'],
      { record: 1, field: 'customer_rank', message: /does not seem to be an integer/ },
    ],
    ['no truth', ['is_company'], ['maybe'], { record: 1, field: 'is_company', message: /Unknown value 'maybe'/ }],
    ['no choice', ['type'], ['zz'], { record: 1, field: 'type', message: /Value 'zz' not found in selection/ }],
    ['language not installed', ['lang'], ['fr_FR'], { record: 1, field: 'lang', message: /Value 'fr_FR' not found/ }],
    [
      'no country',
      ['country_id/.id'],
      ['999999'],
      { record: 1, field: 'country_id', message: /No matching record found for database id/ },
    ],
    [
      'no parent',
      ['parent_id/id'],
      ['no_such.x'],
      { record: 1, field: 'parent_id', message: /No matching record found for external id/ },
    ],
    ['no such id', ['.id'], ['999999999'], { record: 1, field: '.id', message: /Unknown database identifier/ }],
    [
      'bad tax number',
      ['country_id/.id', 'vat'],
      [String(france), 'FR123'],
      { record: 1, message: /does not seem to be valid/ },
    ],
    [
      'of another model',
      ['id'],
      [`${stem}_tag`],
      { message: /found record of different model res\.partner\.category/ },
    ],
  ];
  for (const [what, fields, cells, message] of cases) {
    const base = fields.includes('name') ? [] : ['name'];
    const rows = [
      [...base.map(() => good), ...fields.map((field) => (field === 'name' ? good : ''))],
      [...base.map(() => 'Bad'), ...cells],
    ];
    const answer = await loadPartners(odoo, [...base, ...fields], rows);
    t.equal(answer.ids, false, what);
    t.match(answer.messages.at(-1), { type: 'error', ...message }, what);
  }
  t.same(await search(odoo, [['name', '=', good]]), [], 'nothing of a refused load stays, the good rows neither');
  const id = await create(odoo, {});
  t.ok(id, 'and the next call works');
}
