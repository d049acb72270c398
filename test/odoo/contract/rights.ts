/** Users with fewer rights: what they may do, and what Odoo says when they may not. */
import type { Test } from 'tap';
import { type ContractOdoo, create, loadPartners, read, unique } from './contract-odoo.ts';
import { checkRefused } from './errors.ts';
import { ACCESS } from './refusals.ts';

export async function checkRights(t: Test, odoo: ContractOdoo): Promise<void> {
  const id = await create(odoo, {});
  const salesman = { login: `sales-${odoo.transport}`, groups: ['base.group_user', 'sales_team.group_sale_salesman'] };
  const sales = odoo.as(await odoo.createUser(salesman));
  const reader = odoo.as(await odoo.createUser({ login: `reader-${odoo.transport}`, groups: ['base.group_user'] }));
  const model = 'res.partner';

  for (const [user, operations] of [
    [odoo, { read: true, write: true, create: true, unlink: true }],
    [sales, { read: true, write: true, create: true, unlink: false }],
    [reader, { read: true, write: false, create: false, unlink: false }],
  ] as const) {
    for (const [operation, may] of Object.entries(operations)) {
      t.equal(await user.call({ model, method: 'has_access', ids: [], args: { operation } }), may, operation);
      const args = { operation, raise_exception: false };
      t.equal(await user.call({ model, method: 'check_access_rights', args }), may, operation);
    }
  }
  for (const [other, mayRead] of [
    ['ir.model', false],
    ['ir.model.fields', false],
    ['ir.model.data', false],
    ['ir.actions.server', false],
    ['base.automation', false],
    ['res.partner.category', true],
    ['ir.attachment', true],
  ] as const) {
    const args = { operation: 'read' };
    t.equal(await sales.call({ model: other, method: 'has_access', ids: [], args }), mayRead, other);
    const check = { ...args, raise_exception: false };
    t.equal(await sales.call({ model: other, method: 'check_access_rights', args: check }), mayRead, other);
  }

  await checkRefused(
    t,
    reader,
    'a reader may not write',
    { model, method: 'write', ids: [id], args: { vals: { phone: '1' } } },
    {
      ...ACCESS,
      text: /^You are not allowed to modify 'Contact' \(res\.partner\) records\.\n\nThis operation is allowed for the following groups:\n\t- /,
    },
  );
  await checkRefused(
    t,
    reader,
    'nor create',
    { model, method: 'create', args: { vals_list: [{ name: 'x' }] } },
    {
      ...ACCESS,
      text: /^You are not allowed to create 'Contact'/,
    },
  );
  await checkRefused(
    t,
    sales,
    'a salesman may not delete',
    { model, method: 'unlink', ids: [id] },
    {
      ...ACCESS,
      text: /^You are not allowed to delete 'Contact'/,
    },
  );
  await checkRefused(
    t,
    sales,
    'nor see external ids',
    { model: 'ir.model.data', method: 'search_read', args: { domain: [], limit: 1 } },
    {
      ...ACCESS,
      text: /^You are not allowed to access/,
    },
  );

  const key = `bridge_test.${unique('sales').replaceAll(/[ -]/g, '_')}`;
  const loaded = await loadPartners(sales, ['id', 'name'], [[key, 'Loaded']]);
  t.match(loaded, { ids: [Number], messages: [] }, 'load() writes external ids past the rights of the user');
  const [module, xml_id] = key.split('.') as [string, string];
  const found = await sales.call({
    model: 'ir.model.data',
    method: 'check_object_reference',
    args: { module, xml_id },
  });
  t.same(found, ['res.partner', (loaded.ids as number[])[0]], 'and any user may look one up');
  const { write_uid } = await read(sales, (loaded.ids as number[])[0] as number, ['write_uid']);
  const context = (await sales.call({ model: 'res.users', method: 'context_get' })) as { uid: number };
  t.equal(write_uid, context.uid);
  for (const [group, has] of [
    ['sales_team.group_sale_salesman', true],
    ['base.group_system', false],
  ] as const) {
    const args = { group_ext_id: group };
    t.equal(await sales.call({ model: 'res.users', method: 'has_group', ids: [context.uid], args }), has);
  }
}
