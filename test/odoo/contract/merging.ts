/** Two contacts that somebody merges: what becomes of both, and what the bridge gets to know of it. */
import type { Test } from 'tap';
import { desiredAutomations } from '../../../src/backends/odoo/webhook-automations.ts';
import { entitiesOfModel } from '../../../src/entities/registry.ts';
import {
  type ContractOdoo,
  create,
  loadPartners,
  nextSecond,
  type Row,
  read,
  readEach,
  search,
  unique,
} from './contract-odoo.ts';
import { checkRefused } from './errors.ts';
import { ACCESS, USER } from './refusals.ts';
import { installAutomation, listen } from './webhooks.ts';

const WIZARD = 'base.partner.merge.automatic.wizard';

async function createWizard(odoo: ContractOdoo, partners: readonly number[], survivor: number): Promise<number> {
  const vals_list = [{ partner_ids: [[6, 0, partners]], dst_partner_id: survivor }];
  const ids = (await odoo.call({ model: WIZARD, method: 'create', args: { vals_list } as never })) as number[];
  return ids[0] as number;
}

const merging = (wizard: number) => ({ model: WIZARD, method: 'action_merge', ids: [wizard] });

async function merge(odoo: ContractOdoo, loser: number, survivor: number): Promise<unknown> {
  return odoo.call(merging(await createWizard(odoo, [loser, survivor], survivor)));
}

/** The automations that the set-up installs, and the posts of which they are the cause. */
async function watch(t: Test, odoo: ContractOdoo) {
  const hook = await listen(t, async () => null);
  const installed: number[] = [];
  for (const { trigger, fields } of desiredAutomations(entitiesOfModel('res.partner'))) {
    installed.push(await installAutomation(odoo, `${hook.url}/${trigger}`, trigger, fields, []));
  }
  return {
    take: () => hook.take().map(({ path, body }) => [path.slice(1), body._id]),
    remove: () => odoo.call({ model: 'base.automation', method: 'unlink', ids: installed }),
  };
}

/** Contacts with external ids of the bridge, as it creates them. */
async function load(odoo: ContractOdoo, ...rows: readonly Readonly<Record<string, string>>[]): Promise<Named[]> {
  const named: Named[] = [];
  for (const row of rows) {
    const key = unique('merge').replaceAll(/[ -]/g, '_');
    const columns = { id: `bridge_main.${key}`, name: unique('Contact'), ...row };
    const { ids } = await loadPartners(odoo, Object.keys(columns), [Object.values(columns)]);
    named.push({ id: (ids as number[])[0] as number, key });
  }
  return named;
}

interface Named {
  readonly id: number;
  readonly key: string;
}

async function ownerOf(odoo: ContractOdoo, { key }: Named): Promise<unknown> {
  const args = { domain: [['name', '=', key]], fields: ['res_id'] };
  const rows = (await odoo.call({ model: 'ir.model.data', method: 'search_read', args })) as Row[];
  return rows[0]?.res_id;
}

export async function checkMerge(t: Test, odoo: ContractOdoo): Promise<void> {
  const watched = await watch(t, odoo);
  const filled = {
    email: 'l@example.org',
    phone: '1',
    street: '1 Rue',
    zip: '69001',
    comment: 'of the loser',
    ref: 'L',
  };
  const [loser, survivor] = (await load(
    odoo,
    { ...filled, customer_rank: '1', is_company: '1' },
    { name: 'Survivor', phone: '2', city: 'Lyon', customer_rank: '2', lang: 'en_US' },
  )) as [Named, Named];
  const [below, apart] = [
    await create(odoo, { parent_id: loser.id, name: 'Below' }),
    await create(odoo, { parent_id: loser.id, name: 'Apart', type: 'other' }),
  ];
  const own = await create(odoo, { parent_id: survivor.id });
  const deeper = await create(odoo, { parent_id: apart, name: 'Deeper' });
  const before = await read(odoo, survivor.id, ['write_date']);
  await nextSecond();
  watched.take();
  const answer = await merge(odoo, loser.id, survivor.id);
  t.match(answer, { type: 'ir.actions.act_window', res_model: WIZARD, view_mode: 'form', target: 'new' });
  t.same(
    watched.take(),
    [
      ['on_create_or_write', survivor.id],
      ['on_unlink', loser.id],
    ],
    'one post for the survivor, one for the loser, none for contacts below',
  );
  t.same(await search(odoo, [['id', '=', loser.id]], { active_test: false }), [], 'the loser is deleted');
  t.same(
    [await ownerOf(odoo, loser), await ownerOf(odoo, survivor)],
    [survivor.id, survivor.id],
    'its external id names the survivor, beside the one that the survivor has',
  );
  const fields = ['name', 'city', 'is_company', 'customer_rank', 'supplier_rank', 'lang', 'write_date', 'type'];
  const after = await read(odoo, survivor.id, [...fields, ...Object.keys(filled)]);
  const kept = { name: 'Survivor', phone: '2', city: 'Lyon', type: 'contact', lang: 'en_US' };
  const summed = { customer_rank: 3, supplier_rank: 0, is_company: true };
  t.match(after, { ...filled, comment: '<p>of the loser</p>', ...kept, ...summed }, 'what was empty is filled');
  t.ok(String(after.write_date) > String(before.write_date), 'write_date moves');
  t.same(await readEach(odoo, [below, apart, own], 'parent_id'), Array(3).fill(survivor.id), 'contacts move along');
  t.same(await readEach(odoo, [below, apart], 'complete_name'), ['Survivor, Below', 'Survivor, Apart']);
  t.same(await readEach(odoo, [below, apart, own, deeper], 'write_date'), Array(4).fill(after.write_date));
  t.same(await readEach(odoo, [below, apart, own], 'street'), ['1 Rue', false, '1 Rue']);
  t.same(
    await readEach(odoo, [below, apart, own], 'city'),
    [false, false, 'Lyon'],
    'what did not change is not shared',
  );
  await watched.remove();
}

export async function checkMergeOfTags(t: Test, odoo: ContractOdoo): Promise<void> {
  const watched = await watch(t, odoo);
  const names = [unique('Tag'), unique('Tag'), unique('Tag')];
  const vals_list = names.map((name) => ({ name }));
  const made = await odoo.call({ model: 'res.partner.category', method: 'create', args: { vals_list } });
  const [one, both, other] = made as [number, number, number];
  const loser = await create(odoo, { category_id: [[6, 0, [one, both]]] });
  const survivor = await create(odoo, { category_id: [[6, 0, [both, other]]] });
  const before = await read(odoo, survivor, ['write_date']);
  await nextSecond();
  watched.take();
  await merge(odoo, loser, survivor);
  const after = await read(odoo, survivor, ['category_id', 'write_date']);
  t.same(new Set(after.category_id as number[]), new Set([one, both, other]), 'tags are united');
  t.equal((after.category_id as number[]).length, 3);
  t.same(watched.take(), [['on_unlink', loser]], 'tags alone tell nothing of the survivor');
  t.ok(String(after.write_date) > String(before.write_date), 'but its write_date moves');

  const [archived, active] = [await create(odoo, { active: false }), await create(odoo, {})];
  await merge(odoo, active, archived);
  t.match(await read(odoo, archived, ['active']), { active: true }, 'an archived survivor is active again');
  t.same(watched.take().slice(-2), [
    ['on_create_or_write', archived],
    ['on_unlink', active],
  ]);
  await watched.remove();
}

export async function checkMergeOfFamilies(t: Test, odoo: ContractOdoo): Promise<void> {
  const watched = await watch(t, odoo);
  const school = await create(odoo, { is_company: true, street: '1 School Street', country_id: false });
  for (const [type, address] of [
    ['contact', { street: '1 School Street', city: false }],
    ['other', { street: '9 Own Road', city: 'Lyon' }],
  ] as const) {
    const loser = await create(odoo, { parent_id: school, type: 'other', street: '9 Own Road' });
    const survivor = await create(odoo, { city: 'Lyon', type });
    watched.take();
    await merge(odoo, loser, survivor);
    const expected = { parent_id: school, type, ...address };
    t.match(
      await read(odoo, survivor, ['parent_id', 'type', 'street', 'city']),
      expected,
      `the school comes along: ${type}`,
    );
    t.same(
      watched.take(),
      [
        ['on_create_or_write', survivor],
        ['on_create_or_write', survivor],
        ['on_unlink', loser],
      ],
      'a parent is written by itself and posted once more',
    );
  }
  t.match(await read(odoo, school, ['street', 'city']), { street: '1 School Street', city: false });
  const [name, twin] = [unique('School'), await create(odoo, { is_company: true })];
  await odoo.call({ model: 'res.partner', method: 'write', ids: [school, twin], args: { vals: { name } } });
  const teacher = await create(odoo, { parent_id: twin, type: 'other' });
  const before = await read(odoo, teacher, ['write_date']);
  await nextSecond();
  watched.take();
  await merge(odoo, twin, school);
  t.same(watched.take(), [['on_unlink', twin]], 'two schools of one name: no post for the teacher, nor for the school');
  const after = await read(odoo, teacher, ['parent_id', 'write_date']);
  t.equal(after.parent_id, school);
  t.ok(String(after.write_date) > String(before.write_date), 'but the write_date of the teacher moves');
  await watched.remove();
}

export async function checkMergeRefusals(t: Test, odoo: ContractOdoo): Promise<void> {
  const [first, second] = [
    await create(odoo, { email: 'a@example.org' }),
    await create(odoo, { email: 'b@example.org' }),
  ];
  const below = await create(odoo, { parent_id: first });
  const more = [await create(odoo, {}), await create(odoo, {})];
  const run = async (partners: readonly number[], by = odoo) =>
    merging(await createWizard(by, partners, partners[0] as number));
  const parent = { ...USER, text: /^You cannot merge a contact with one of his parent/ };
  await checkRefused(t, odoo, 'a contact and its parent', await run([first, below]), parent);
  const many = { ...USER, text: /^For safety reasons, you cannot merge more than 3 contacts together/ };
  await checkRefused(t, odoo, 'four at once', await run([first, second, ...more]), many);
  const groups = ['base.group_user', 'base.group_partner_manager'];
  const manager = odoo.as(await odoo.createUser({ login: `merge-${odoo.transport}`, groups }));
  const emails = { ...USER, text: /^All contacts must have the same email/ };
  await checkRefused(t, manager, 'two addresses, by another', await run([first, second], manager), emails);
  t.match(await manager.call(await run(more, manager)), { res_model: WIZARD }, 'others merge what has one address');
  t.same(await search(odoo, [['id', 'in', more]]), [more[0]]);
  const sales = ['base.group_user', 'sales_team.group_sale_salesman'];
  const salesman = odoo.as(await odoo.createUser({ login: `merge-sales-${odoo.transport}`, groups: sales }));
  const wizard = { model: WIZARD, method: 'create', args: { vals_list: [{ dst_partner_id: first }] } };
  const denied = { ...ACCESS, text: /^You are not allowed to create 'Merge Partner Wizard'/ };
  await checkRefused(t, salesman, 'a salesman may not', wizard, denied);
  t.match(await odoo.call(await run([first])), { res_model: WIZARD }, 'one alone stays as it is');
  t.same(await search(odoo, [['id', 'in', [first, second]]]), [first, second]);
}
