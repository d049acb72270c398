/** What is otherwise in Odoo 14: the evidence for `src/backends/odoo/versions.ts`, and contacts where they behave differently. */
import type { Test } from 'tap';
import { hasFeature } from '../../../src/backends/odoo/versions.ts';
import {
  type ContractOdoo,
  countryId,
  create,
  loadPartners,
  nextSecond,
  type Row,
  read,
  readEach,
  search,
  unique,
  write,
} from './contract-odoo.ts';
import { checkRefused } from './errors.ts';
import { ACCESS, terminal, VALUE } from './refusals.ts';

const model = 'res.partner';
const FAILS = { ...VALUE, ...terminal('odoo_error') };
const NO_METHOD = { ...VALUE, error: { name: 'SetupError', code: 'unknown_method' } };

export async function checkMissingFeatures(t: Test, odoo: ContractOdoo): Promise<void> {
  const version = { major: odoo.major, full: '14.0' };
  const id = await create(odoo, { country_id: await countryId(odoo, 'FR') });
  for (const feature of ['json2', 'saveMulti', 'hasAccess', 'webhooks', 'postsAfterCommit'] as const)
    t.notOk(hasFeature(version, feature), feature);
  for (const feature of ['bareRelations', 'htmlNotes', 'lineKinds', 'refundMoves'] as const)
    t.notOk(hasFeature(version, feature), feature);
  t.equal((await fetch(`${odoo.url}/web/version`)).status, 404, 'JSON-2 has not come yet');
  const args = { vals_list: [{ phone: '1' }], specification: {} };
  const save = { model, method: 'web_save_multi', ids: [id], args };
  await checkRefused(t, odoo, 'web_save_multi', save, { ...NO_METHOD, text: /no attribute 'web_save_multi'/ });
  const access = { model, method: 'has_access', ids: [], args: { operation: 'create' } };
  await checkRefused(t, odoo, 'has_access', access, { ...NO_METHOD, text: /no attribute 'has_access'/ });
  const may = { operation: 'create', raise_exception: false };
  t.equal(await odoo.call({ model, method: 'check_access_rights', args: may }), true);
  const described = { allfields: ['state'], attributes: ['selection'] };
  const fields = await odoo.call({ model: 'ir.actions.server', method: 'fields_get', args: described });
  t.match(JSON.stringify(fields), /"code"/);
  t.notMatch(JSON.stringify(fields), /"webhook"/, 'no action posts anything');

  const byId = { domain: [['id', '=', id]], fields: ['country_id', 'category_id'] };
  const bare = { model, method: 'search_read', args: { ...byId, load: '' } };
  const unknown = { ...FAILS, text: /unexpected keyword argument 'load'/ };
  t.match(
    await odoo.raw(bare),
    { kind: 'fault', code: unknown.fault, text: unknown.text },
    'search_read has no `load`',
  );
  const country = await countryId(odoo, 'FR');
  t.same(await odoo.call({ ...bare, args: byId }), [{ id, country_id: [country, 'France'], category_id: [] }]);
  t.same(await odoo.call(bare), [{ id, country_id: country, category_id: [] }], 'the bridge makes up for it');
}

export async function checkContacts(t: Test, odoo: ContractOdoo): Promise<void> {
  const id = await create(odoo, { email: '"Ada L" <Ada@Example.com>', mobile: '07', title: false });
  t.match(await read(odoo, id, ['mobile', 'title', 'email_normalized', 'customer_rank', 'comment']), {
    mobile: '07',
    title: false,
    email_normalized: 'ada@example.com',
    customer_rank: 0,
    comment: false,
  });
  t.same(await search(odoo, [['email_normalized', 'in', ['ada@example.com', 'x@y.z']]]), [id]);
  for (const comment of ['plain & 1 < 2\nsecond line', '<p>a<br>b</p>', '<script>1</script>']) {
    await write(odoo, id, { comment });
    t.equal((await read(odoo, id, ['comment'])).comment, comment, 'a note is plain text, whatever it looks like');
  }
  const language = { model, method: 'write', ids: [id], args: { vals: { lang: 'zz_ZZ' } } };
  const wrong = { ...FAILS, text: /Wrong value for res\.partner\.lang: 'zz_ZZ'/ };
  await checkRefused(t, odoo, 'a language that is not installed', language, wrong);
  const groups = ['base.group_user'];
  const reader = odoo.as(await odoo.createUser({ login: 'reader-14', groups }));
  const ids = { model: 'ir.model.data', method: 'search', args: { domain: [], limit: 1 } };
  t.equal(((await reader.call(ids)) as number[]).length, 1, 'anybody may look up external ids');
  const edit = { model, method: 'write', ids: [id], args: { vals: { phone: '1' } } };
  const denied = {
    ...ACCESS,
    text: /^You are not allowed to modify 'Contact' \(res\.partner\) records\.\n\nThis operation is allowed for the following groups:\n\t- /,
  };
  await checkRefused(t, reader, 'who may only read', edit, denied);
}

export async function checkFamilies(t: Test, odoo: ContractOdoo): Promise<void> {
  const country_id = await countryId(odoo, 'BE');
  const school = await create(odoo, { is_company: true, street: '1 School Street', vat: 'BE0477472701', country_id });
  const child = (type: string) => create(odoo, { parent_id: school, type });
  const [own, other, contact] = [await child('other'), await child('other'), await child('contact')];
  const all = [school, own, other, contact];
  t.same(await readEach(odoo, all, 'street'), ['1 School Street', false, false, '1 School Street']);
  await write(odoo, own, { street: '9 Own Road' });
  t.same(await readEach(odoo, all, 'street'), ['1 School Street', '9 Own Road', false, '1 School Street']);
  await write(odoo, contact, { street: '7 Wrong Way' });
  t.same(
    await readEach(odoo, all, 'street'),
    ['1 School Street', '9 Own Road', false, '7 Wrong Way'],
    'here not even a contact gives its address to the others',
  );
  await write(odoo, school, { street: '2 School Street' });
  t.same(await readEach(odoo, all, 'street'), ['2 School Street', '9 Own Road', false, '2 School Street']);
  await write(odoo, own, { vat: 'BE0403170701' });
  t.same(
    await readEach(odoo, [school, own, other], 'vat'),
    ['BE0477472701', 'BE0403170701', 'BE0477472701'],
    'a tax number of its own stays with the child',
  );
  const before = await readEach(odoo, [own, other], 'write_date');
  await nextSecond();
  await write(odoo, school, { phone: '1' });
  t.same(await readEach(odoo, [own, other], 'write_date'), before, 'a phone of the school moves nobody');

  const bare = await create(odoo, { is_company: true });
  const row = ['T', String(bare), 'other', '1 First Street'];
  await loadPartners(odoo, ['name', 'parent_id/.id', 'type', 'street'], [row]);
  t.equal((await read(odoo, bare, ['street'])).street, '1 First Street', 'a first child is born with an address');
  const late = await create(odoo, { is_company: true });
  const teacher = await create(odoo, { parent_id: late, type: 'other' });
  await write(odoo, teacher, { street: '4 Later Lane' });
  t.equal((await read(odoo, late, ['street'])).street, false, 'one that gets it later keeps it to itself');
}

export async function checkMerges(t: Test, odoo: ContractOdoo): Promise<void> {
  const wizard = 'base.partner.merge.automatic.wizard';
  const keys = [unique('merge'), unique('merge')].map((name) => name.replaceAll(/[ -]/g, '_'));
  const load = async (key: string | undefined, values: Readonly<Record<string, string>>) => {
    const columns = { id: `bridge_main.${key}`, name: unique('Contact'), ...values };
    const { ids } = await loadPartners(odoo, Object.keys(columns), [Object.values(columns)]);
    return (ids as number[])[0] as number;
  };
  const loser = await load(keys[0], { email: 'l@example.org', city: 'Lyon', customer_rank: '1' });
  const survivor = await load(keys[1], { name: 'Survivor', city: 'Metz', customer_rank: '2' });
  const vals_list = [{ name: unique('Tag') }];
  const tag = (await odoo.call({ model: 'res.partner.category', method: 'create', args: { vals_list } })) as number[];
  await write(odoo, loser, { category_id: [[6, 0, tag]] });
  const { write_date } = await read(odoo, survivor, ['write_date']);
  await nextSecond();
  const values = [{ partner_ids: [[6, 0, [loser, survivor]]], dst_partner_id: survivor }];
  const ids = await odoo.call({ model: wizard, method: 'create', args: { vals_list: values } });
  await odoo.call({ model: wizard, method: 'action_merge', ids: ids as number[] });
  t.same(await search(odoo, [['id', '=', loser]], { active_test: false }), [], 'the loser is deleted');
  const after = await read(odoo, survivor, ['name', 'email', 'city', 'customer_rank', 'category_id', 'write_date']);
  const merged = { name: 'Survivor', email: 'l@example.org', city: 'Metz', customer_rank: 2, category_id: tag };
  t.match(after, merged, 'what was empty is filled, tags are united; ranks are not added up');
  t.ok(String(after.write_date) > String(write_date), 'write_date moves');
  const named = { domain: [['name', 'in', keys]], fields: ['res_id'] };
  const rows = (await odoo.call({ model: 'ir.model.data', method: 'search_read', args: named })) as Row[];
  t.same(
    rows.map((each) => each.res_id),
    [survivor, survivor],
    'both external ids name the survivor',
  );
  for (const xml_id of keys) {
    const call = { model: 'ir.model.data', method: 'check_object_reference', args: { module: 'bridge_main', xml_id } };
    t.same(await odoo.call(call), [model, survivor]);
  }
}
