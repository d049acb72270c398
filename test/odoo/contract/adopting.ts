/** The server action "Bridge: adopt", and what "Bridge: find external ids" tells of ids. */
import type { Test } from 'tap';
import { install } from './bridge-actions.ts';
import { type ContractOdoo, create, read, unique, write } from './contract-odoo.ts';
import { checkRefused } from './errors.ts';
import { GONE, secret } from './hiding.ts';
import { ACCESS } from './refusals.ts';

const model = 'ir.actions.server';
const SALES = ['base.group_user', 'sales_team.group_sale_salesman'];

export async function checkAdopt(t: Test, odoo: ContractOdoo): Promise<void> {
  const action = await install(odoo, 'adopt');
  const sales = odoo.as(await odoo.createUser({ login: `adopt-${odoo.transport}`, groups: SALES }));
  const reader = odoo.as(
    await odoo.createUser({ login: `adopt-reader-${odoo.transport}`, groups: ['base.group_user'] }),
  );
  const [old, tag] = [await createTag(odoo), await createTag(odoo)].sort((left, right) => left - right) as [
    number,
    number,
  ];
  const first = await create(odoo, { category_id: [[6, 0, [old]]] });
  const second = await create(odoo, {});
  const stem = unique('adopted').replaceAll(/[ -]/g, '_');
  const adopt = (bridge_adopted: readonly { id: number; name: string }[], more = {}) => {
    const bridge = {
      bridge_model: 'res.partner',
      bridge_module: 'bridge_main',
      bridge_tag: tag,
      bridge_adopted,
      ...more,
    };
    return { model, method: 'run', ids: [action], context: { active_model: 'res.partner', ...bridge } };
  };
  const tags = async (id: number) => [...((await read(odoo, id, ['category_id'])).category_id as number[])].sort();
  const named = async () => {
    const args = { domain: [['name', '=like', `${stem}%`]], fields: ['module', 'name', 'model', 'res_id', 'noupdate'] };
    const rows = await odoo.call({ model: 'ir.model.data', method: 'search_read', args: { ...args, order: 'name' } });
    return (rows as object[]).map((row) => ({ ...row, id: undefined }));
  };
  const one = { module: 'bridge_main', name: `${stem}_1`, model: 'res.partner', res_id: first, noupdate: true };

  const both = [
    { id: first, name: `${stem}_1` },
    { id: GONE, name: `${stem}_2` },
  ];
  const answer = await sales.call(adopt(both));
  t.match(
    answer,
    { version: 2, rows: [{ id: first, write_date: /^[-\d]+ [:\d]+$/ }] },
    'who may write partners may run it',
  );
  t.equal((answer as { rows: unknown[] }).rows.length, 1);
  t.same(await tags(first), [old, tag], 'the tag is added, the others stay');
  t.match(await named(), [one], 'a record that is gone gets no external id');
  t.equal((await named()).length, 1);

  await sales.call(adopt([{ id: first, name: `${stem}_1` }]));
  await sales.call(adopt([{ id: second, name: `${stem}_1` }]));
  t.match(await named(), [one], 'an external id is made once, and stays with the record that has it');
  t.equal((await named()).length, 1);
  t.same(await tags(second), [tag], 'the other one is tagged all the same');

  await write(odoo, second, { category_id: [[6, 0, []]] });
  await sales.call(adopt([{ id: second, name: `${stem}_3` }], { bridge_tag: false }));
  t.match(await named(), [one, { name: `${stem}_3`, res_id: second }]);
  t.same(await tags(second), [], 'without a tag the external id alone');
  await sales.call(adopt([{ id: second, name: `${stem}_4` }], { bridge_module: 'base' }));
  t.equal((await named()).length, 2, 'only in the module of the bridge');
  t.same(await tags(second), [tag]);

  const denied = { ...ACCESS, text: /^You are not allowed to modify 'Contact'/ };
  await checkRefused(t, reader, 'not past his rights', adopt([{ id: second, name: `${stem}_5` }]), denied);
  const third = await create(odoo, {});
  const reveal = await odoo.hide(third);
  const withHidden = [
    { id: second, name: `${stem}_6` },
    { id: third, name: `${stem}_7` },
  ];
  await checkRefused(t, sales, 'nor past a record rule, which undoes all', adopt(withHidden), secret(odoo));
  await reveal();
  t.equal((await named()).length, 2);
  for (const module of ['bridge_main', '']) {
    t.same(
      await sales.call(adopt([], { bridge_module: module, bridge_tag: false })),
      { version: 2, rows: [] },
      'nothing asked for',
    );
  }
  await odoo.call({ model, method: 'unlink', ids: [action] });
}

async function createTag(odoo: ContractOdoo): Promise<number> {
  const vals_list = [{ name: unique('Tag') }];
  const ids = (await odoo.call({ model: 'res.partner.category', method: 'create', args: { vals_list } })) as number[];
  return ids[0] as number;
}

export async function checkExisting(t: Test, odoo: ContractOdoo): Promise<void> {
  const action = await install(odoo, 'find_external_ids');
  const sales = odoo.as(await odoo.createUser({ login: `exists-${odoo.transport}`, groups: SALES }));
  const [seen, hidden, archived] = [
    await create(odoo, {}),
    await create(odoo, {}),
    await create(odoo, { active: false }),
  ];
  const deleted = await create(odoo, {});
  await odoo.call({ model: 'res.partner', method: 'unlink', ids: [deleted] });
  const existing = async (bridge_ids: readonly number[]) => {
    const bridge = { bridge_model: 'res.partner', bridge_module: '', bridge_names: [], bridge_ids };
    const context = { active_model: 'res.partner', ...bridge };
    const answer = await sales.call({ model, method: 'run', ids: [action], context });
    t.match(answer, { version: 2, found: [] });
    return [...(answer as { existing: number[] }).existing].sort((left, right) => left - right);
  };
  const reveal = await odoo.hide(hidden);
  t.same(await existing([seen, deleted, hidden, archived, GONE]), [seen, hidden, archived], 'whoever may see them');
  t.same(await existing([deleted]), []);
  t.same(await existing([]), []);
  await reveal();
  await odoo.call({ model, method: 'unlink', ids: [action] });
}
