/** A record that a record rule hides, beside one that is archived and one that is gone. */
import type { Test } from 'tap';
import { type ContractOdoo, create, loadPartners, read, search, unique, write } from './contract-odoo.ts';
import { dialectOf } from './dialect.ts';
import { checkRefused } from './errors.ts';
import { ACCESS } from './refusals.ts';

export const GONE = 999_999_999;
export const secret = (odoo: ContractOdoo) => ({ ...ACCESS, text: dialectOf(odoo).secret });

export async function checkHidden(t: Test, odoo: ContractOdoo): Promise<void> {
  const model = 'res.partner';
  const stem = unique('hidden').replaceAll(/[ -]/g, '_');
  const [hidden] = (await loadPartners(odoo, ['id', 'name'], [[`bridge_test.${stem}`, 'Hidden']])).ids as [number];
  const seen = await create(odoo, {});
  const show = (ids: readonly number[]) => ({ model, method: 'read', ids, args: { fields: ['name'], load: '' } });
  const refer = (context = {}) => {
    const args = { module: 'bridge_test', xml_id: stem };
    return odoo.call({ model: 'ir.model.data', method: 'check_object_reference', args, context });
  };
  const reveal = await odoo.hide(hidden);
  t.same(await search(odoo, [['id', 'in', [hidden, seen, GONE]]]), [seen], 'a search leaves it out');
  await checkRefused(t, odoo, 'reading it is refused', show([hidden]), secret(odoo));
  await checkRefused(t, odoo, 'also among others', show([seen, GONE, hidden]), secret(odoo));
  t.match(await odoo.call(show([GONE, seen])), [{ id: seen }], 'what is gone is left out');
  const edit = { model, method: 'write', ids: [hidden], args: { vals: { phone: '1' } } };
  await checkRefused(t, odoo, 'so is writing', edit, secret(odoo));
  await checkRefused(t, odoo, 'and deleting', { model, method: 'unlink', ids: [hidden] }, secret(odoo));
  t.same(await refer(), [model, false], 'its external id tells that it is there, not which it is');
  await reveal();
  t.match(await read(odoo, hidden, ['phone']), { phone: false });
  await write(odoo, hidden, { active: false });
  t.same(await refer(), [model, false], 'an archived one looks the same');
  t.same(await refer({ active_test: false }), [model, hidden], 'unless it is asked for');
}
