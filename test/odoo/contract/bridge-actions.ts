/** Server actions of the bridge, with the very code that its set-up installs, and the plain bulk write. */
import type { Test } from 'tap';
import { SERVER_ACTIONS } from '../../../src/backends/odoo/server-actions.ts';
import { type ContractOdoo, create, loadPartners, type Row, read, readEach, unique } from './contract-odoo.ts';
import { dialectOf } from './dialect.ts';
import { checkRefused } from './errors.ts';
import { ACCESS, VALUE } from './refusals.ts';
import { readUuid } from './which-database.ts';

const model = 'ir.actions.server';

interface Outcome {
  readonly done: readonly Row[];
  readonly stale: readonly number[];
  readonly version: number;
}

export async function install(odoo: ContractOdoo, name: string): Promise<number> {
  const action = SERVER_ACTIONS.find((candidate) => candidate.name === name);
  const partner = (await odoo.call({
    model: 'ir.model',
    method: 'search',
    args: { domain: [['model', '=', 'res.partner']] },
  })) as number[];
  const values = { name: unique(name), model_id: partner[0] as number, state: 'code', code: action?.code ?? '' };
  const ids = (await odoo.call({ model, method: 'create', args: { vals_list: [values] } })) as number[];
  return ids[0] as number;
}

/** Asked for nothing it launches nothing, also where there are no mailings: so it is known to be of this version. */
export async function checkLaunch(t: Test, odoo: ContractOdoo): Promise<void> {
  const id = await install(odoo, 'launch_mailing');
  const answer = await odoo.call({ model, method: 'run', ids: [id], context: { active_model: 'res.partner' } });
  t.match(answer, { version: Number, launched: false });
}

export async function checkWriteIfUnchanged(t: Test, odoo: ContractOdoo): Promise<void> {
  const action = await install(odoo, 'write_if_unchanged');
  const rows = [
    await create(odoo, { phone: '1' }),
    await create(odoo, { phone: '1' }),
    await create(odoo, { phone: '1' }),
  ];
  const [first, second, third] = rows as [number, number, number];
  const gone = 999_999_999;
  const run = (bridge_rows: unknown) => {
    const context = { active_model: 'res.partner', bridge_model: 'res.partner', bridge_rows, tracking_disable: true };
    return { model, method: 'run', ids: [action], context: context as never };
  };
  const apply = async (bridge_rows: unknown) => (await odoo.call(run(bridge_rows))) as Outcome;

  const outcome = await apply([
    {
      id: first,
      expect: { phone: '1', email: false, category_id: [], country_id: false, customer_rank: 0 },
      set: { phone: '2', comment: 'hello' },
    },
    { id: second, expect: { phone: 'other' }, set: { phone: '2' } },
    { id: third, expect: { phone: '1', type: 'contact' }, set: { email: 'a@b.c' } },
    { id: gone, expect: { phone: '1' }, set: { phone: '2' } },
  ]);
  t.match(
    [...outcome.done].sort((a, b) => a.id - b.id),
    [
      { id: first, phone: '2', comment: dialectOf(odoo).comment('hello'), email: false, write_date: /^[-\d]+ [:\d]+$/ },
      { id: third, phone: '1', email: 'a@b.c' },
    ],
  );
  t.same(
    [...outcome.stale].sort((a, b) => a - b),
    [second, gone],
  );
  t.equal(outcome.version, 2);
  t.same(await readEach(odoo, rows, 'phone'), ['2', '1', '1']);
  t.same(await apply([]), { version: 2, done: [], stale: [] }, 'a run that asks for nothing');

  const raced = await odoo.race(first, { phone: '3' }, () =>
    apply([{ id: first, expect: { phone: '2' }, set: { phone: '4' } }]),
  );
  t.same(raced, { version: 2, done: [], stale: [first] }, 'an edit that commits meanwhile is not overwritten');
  t.equal((await read(odoo, first, ['phone'])).phone, '3');

  const sales = odoo.as(
    await odoo.createUser({
      login: `cas-${odoo.transport}`,
      groups: ['base.group_user', 'sales_team.group_sale_salesman'],
    }),
  );
  const bySales = (await sales.call(run([{ id: first, expect: { phone: '3' }, set: { phone: '5' } }]))) as Outcome;
  t.match(bySales.done, [{ id: first, phone: '5' }], 'an ordinary user may run it');
  const reader = odoo.as(await odoo.createUser({ login: `cas-reader-${odoo.transport}`, groups: ['base.group_user'] }));
  const denied = run([{ id: first, expect: { phone: '5' }, set: { phone: '6' } }]);
  await checkRefused(t, reader, 'but not past his rights', denied, {
    ...ACCESS,
    text: /^You are not allowed to modify 'Contact'/,
  });
  t.equal((await read(odoo, first, ['phone'])).phone, '5');
  const inBatch = [
    { id: second, expect: {}, set: { phone: '9' } },
    { id: third, expect: {}, set: { name: false } },
  ];
  const refused = dialectOf(odoo).brokenRule;
  await checkRefused(t, odoo, 'one bad row refuses all', run(inBatch), refused);
  t.equal((await read(odoo, second, ['phone'])).phone, '1');

  const shown = { domain: [['id', '=', action]], fields: ['state', 'model_name'], load: '' };
  t.match(await odoo.call({ model, method: 'search_read', args: shown }), [
    { state: 'code', model_name: 'res.partner' },
  ]);
  t.same(await odoo.call({ model, method: 'search', args: { domain: shown.domain } }), [action]);
  await odoo.call({ model, method: 'write', ids: [action], args: { vals: { name: 'Renamed' } } });
  t.match(await odoo.call({ model, method: 'read', ids: [action], args: { fields: ['name'] } }), [{ name: 'Renamed' }]);
  t.equal(await odoo.call({ model, method: 'unlink', ids: [action] }), true);
}

export async function checkLoadAndRead(t: Test, odoo: ContractOdoo): Promise<void> {
  const action = await install(odoo, 'load_and_read');
  const key = `bridge_main.${unique('read').replaceAll(/[ -]/g, '_')}`;
  const groups = ['base.group_user', 'sales_team.group_sale_salesman'];
  const sales = odoo.as(await odoo.createUser({ login: `load-${odoo.transport}`, groups }));
  const run = (bridge_data: readonly (readonly string[])[]) => {
    const bridge = {
      bridge_fields: ['id', 'name', 'comment'],
      bridge_data,
      bridge_read: ['name', 'comment', 'write_date'],
    };
    const context = { active_model: 'res.partner', bridge_model: 'res.partner', ...bridge };
    return sales.call({ model, method: 'run', ids: [action], context });
  };
  const made = (await run([[key, 'Ada', 'plain']])) as { ids: number[] };
  const row = {
    id: made.ids[0],
    name: 'Ada',
    comment: dialectOf(odoo).comment('plain'),
    write_date: /^[-\d]+ [:\d]+$/,
  };
  t.match(made, { version: 2, ids: [Number], messages: [], rows: [row] });
  t.match(await run([[key, 'Ada L', 'plain']]), { ids: made.ids, rows: [{ id: made.ids[0], name: 'Ada L' }] });
  t.match(await run([[key, '', '']]), {
    ids: false,
    messages: [{ type: 'error', message: 'Contacts require a name', record: 0 }],
    rows: [],
  });
  t.equal((await read(odoo, made.ids[0] as number, ['name'])).name, 'Ada L');
  t.same(await run([]), { version: 2, ids: [], messages: [], rows: [] }, 'a run that asks for nothing');
  await odoo.call({ model, method: 'unlink', ids: [action] });
}

export async function checkFindExternalIds(t: Test, odoo: ContractOdoo): Promise<void> {
  const action = await install(odoo, 'find_external_ids');
  const stem = unique('find').replaceAll(/[ -]/g, '_');
  const sales = odoo.as(
    await odoo.createUser({
      login: `find-${odoo.transport}`,
      groups: ['base.group_user', 'sales_team.group_sale_salesman'],
    }),
  );
  const { ids } = await loadPartners(sales, ['id', 'name'], [[`bridge_main.${stem}`, 'Ada']]);
  const run = (bridge_module: string) => {
    const bridge = { bridge_model: 'res.partner', bridge_module, bridge_names: [stem, 'no_such'] };
    return sales.call({ model, method: 'run', ids: [action], context: { active_model: 'res.partner', ...bridge } });
  };
  const uuid = await readUuid(odoo);
  t.match(await run('bridge_main'), {
    version: 2,
    database: uuid,
    found: [{ name: stem, res_id: (ids as number[])[0] }],
  });
  t.same(await run('base'), { version: 2, found: [], existing: [], database: uuid }, 'only the ids of the bridge');
  await odoo.call({ model, method: 'unlink', ids: [action] });
}

export async function checkSaveMulti(t: Test, odoo: ContractOdoo): Promise<void> {
  const ids = [await create(odoo, {}), await create(odoo, {})];
  const save = (vals_list: unknown[], specification = {}) => ({
    model: 'res.partner',
    method: 'web_save_multi',
    ids,
    args: { vals_list, specification } as never,
  });
  t.same(
    await odoo.call(save([{ phone: '1' }, { phone: '2' }])),
    ids.map((id) => ({ id })),
  );
  t.same(await readEach(odoo, ids, 'phone'), ['1', '2']);
  const shown = await odoo.call(save([{ phone: '3' }, { phone: '4' }], { phone: {}, country_id: {} }));
  t.same(shown, [
    { id: ids[0], phone: '3', country_id: false },
    { id: ids[1], phone: '4', country_id: false },
  ]);
  await checkRefused(t, odoo, 'a row for each record', save([{ phone: '1' }]), {
    ...VALUE,
    text: /Each record must have a corresponding vals entry/,
  });
}
