/** Automations that post webhooks: when they fire, what they carry, and when they stay silent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { type ContractOdoo, countryId, create, loadPartners, type Row, read, unique, write } from './contract-odoo.ts';
import { checkRefused } from './errors.ts';

interface Post {
  readonly path: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What an RPC reading at the moment of the post showed, when the test asked for it. */
  readonly seen: unknown;
}

export async function listen(t: Test, look: (body: Post['body']) => Promise<unknown>) {
  const posts: Post[] = [];
  let stallMs = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text) as Post['body'];
    const seen = await look(body);
    posts.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body, seen });
    setTimeout(() => response.writeHead(202).end(), stallMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Posts are sent before the answer of the call, so nothing has to be waited for. */
    take: () => posts.splice(0),
    stall: (ms: number) => {
      stallMs = ms;
    },
  };
}

async function fieldIds(odoo: ContractOdoo, names: readonly string[]): Promise<number[]> {
  const domain = [
    ['model', '=', 'res.partner'],
    ['name', 'in', names],
  ];
  const args = { domain, fields: ['name', 'ttype'], load: '' } as never;
  const rows = (await odoo.call({ model: 'ir.model.fields', method: 'search_read', args })) as Row[];
  const ids = (await odoo.call({ model: 'ir.model.fields', method: 'search', args: { domain } as never })) as number[];
  if (rows.length !== ids.length) throw new Error('ir.model.fields disagrees with itself');
  return ids;
}

export async function installAutomation(
  odoo: ContractOdoo,
  url: string,
  trigger: string,
  watched: readonly string[],
  sent: readonly string[],
) {
  const args = { domain: [['model', '=', 'res.partner']], fields: ['model'], load: '' };
  const [partner] = (await odoo.call({ model: 'ir.model', method: 'search_read', args })) as Row[];
  const model_id = (partner as Row).id;
  const name = unique('hook');
  const webhook = {
    state: 'webhook',
    usage: 'base_automation',
    webhook_url: url,
    webhook_field_ids: [[6, 0, await fieldIds(odoo, sent)]],
  };
  const action = { name, model_id, ...webhook };
  const trigger_field_ids = [[6, 0, watched.length ? await fieldIds(odoo, watched) : []]];
  const values = { name, model_id, trigger, trigger_field_ids, action_server_ids: [[0, 0, action]] };
  const call = { model: 'base.automation', method: 'create', args: { vals_list: [values] } as never };
  return ((await odoo.call(call)) as number[])[0] as number;
}

export const idsOf = (posts: readonly Post[]) => posts.map((post) => post.body._id);

export async function checkWebhooks(t: Test, odoo: ContractOdoo): Promise<void> {
  const country_id = await countryId(odoo, 'BE');
  const hook = await listen(t, async (body) =>
    body.phone === undefined ? null : ((await read(odoo, Number(body._id), ['phone'])) as Row | undefined)?.phone,
  );
  const watched = ['phone', 'street', 'vat', 'parent_id', 'category_id', 'active', 'name'];
  const changed = await installAutomation(odoo, `${hook.url}/changed`, 'on_create_or_write', watched, [
    'name',
    'phone',
    'write_date',
    'country_id',
  ]);
  const deleted = await installAutomation(odoo, `${hook.url}/deleted`, 'on_unlink', [], ['name']);

  const id = await create(odoo, { name: 'Ada', phone: '1', country_id });
  const [post, ...more] = hook.take();
  t.same(more, [], 'one post per record');
  t.match(
    post,
    { path: '/changed', type: 'application/json', seen: '1' },
    'a reading at that moment shows the new value',
  );
  t.match(post?.body, {
    _id: id,
    id,
    _model: 'res.partner',
    _action: /^hook .*\(#\d+\)$/,
    name: 'Ada',
    phone: '1',
    country_id,
  });
  t.match(post?.body.write_date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$/);

  await write(odoo, id, { phone: '1' });
  t.same(hook.take(), [], 'a value that stays the same is silent');
  await write(odoo, id, { email: 'a@b.c' });
  t.same(hook.take(), [], 'and so is a field that is not watched');
  await write(odoo, id, { phone: '2' });
  t.match(hook.take(), [{ body: { _id: id, phone: '2' }, seen: '2' }]);
  await write(odoo, id, { active: false });
  t.same(idsOf(hook.take()), [id]);

  const ids = (
    await loadPartners(
      odoo,
      ['name', 'phone'],
      [
        ['A', '1'],
        ['B', '2'],
        ['C', '3'],
      ],
    )
  ).ids as number[];
  t.same(idsOf(hook.take()).sort(), ids, 'load() posts once for each');
  const answer = await loadPartners(
    odoo,
    ['name', 'phone'],
    [
      ['A', '1'],
      ['', '2'],
    ],
  );
  t.equal(answer.ids, false);
  const ghosts = hook.take();
  t.match(
    ghosts,
    [{ body: { name: 'A' }, seen: undefined }],
    'a refused load() posts about a record that never came to be',
  );

  const school = await create(odoo, { is_company: true, country_id });
  const teachers = [await create(odoo, { parent_id: school }), await create(odoo, { parent_id: school })];
  hook.take();
  await write(odoo, teachers[0] as number, { street: '1 Street' });
  t.same(idsOf(hook.take()).sort(), [school, teachers[0]].sort(), 'an address that comes from the parent is silent');
  await write(odoo, school, { vat: 'BE0477472701' });
  t.same(idsOf(hook.take()).sort(), [school, ...teachers].sort(), 'a tax number that does is not');

  hook.stall(5000);
  const startedAt = Date.now();
  await write(odoo, id, { phone: '4' });
  const took = Date.now() - startedAt;
  t.ok(took >= 950 && took < 3000, `the writer waits one second for a slow receiver (${took} ms)`);
  t.same(idsOf(hook.take()), [id], 'and it is not sent again');
  hook.stall(0);

  await checkPostingAction(t, odoo, changed, id);
  // The user that was made for it has a contact as well.
  t.same(
    idsOf(hook.take()).filter((posted) => posted === id),
    [id],
    'the action posts about what did not change',
  );

  const removal = { model: 'res.partner', method: 'unlink', ids: [id] };
  await odoo.call(removal);
  t.match(hook.take(), [{ path: '/deleted', body: { _id: id, _model: 'res.partner', name: 'Ada' } }]);

  const again = { fault: 1, status: 500, name: 'builtins.IndexError', text: /list index out of range$/ };
  const error = { name: 'TerminalError', code: 'odoo_error' };
  await checkRefused(t, odoo, 'the automation trips over what is gone already', removal, { ...again, error });

  await checkAutomationRecords(t, odoo, changed, hook.url);
  const gone = await create(odoo, { phone: '1' });
  t.same(
    hook.take().map((each) => each.path),
    ['/repaired'],
    'the repaired automation posts to the new place',
  );
  await odoo.call({ model: 'base.automation', method: 'unlink', ids: [changed, deleted] });
  await write(odoo, gone, { phone: '2' });
  t.same(hook.take(), [], 'an automation that is deleted is silent');
}

/** The self-test runs the action of an automation, as a user who cannot even see it. */
async function checkPostingAction(t: Test, odoo: ContractOdoo, automation: number, active_id: number): Promise<void> {
  const args = { domain: [['id', '=', automation]], fields: ['action_server_ids'], load: '' };
  const [row] = (await odoo.call({ model: 'base.automation', method: 'search_read', args })) as Row[];
  const posting = { domain: [['state', '=', 'webhook']], fields: ['webhook_url', 'base_automation_id'], load: '' };
  const listed = (await odoo.call({ model: 'ir.actions.server', method: 'search_read', args: posting })) as Row[];
  const [action] = (row as Row).action_server_ids as [number];
  t.match(
    listed.find(({ id }) => id === action),
    { base_automation_id: automation },
  );
  const groups = ['base.group_user', 'sales_team.group_sale_salesman'];
  const sales = odoo.as(await odoo.createUser({ login: `post-${odoo.transport}`, groups }));
  const context = { active_model: 'res.partner', active_id };
  await sales.call({ model: 'ir.actions.server', method: 'run', ids: [action], context });
}

/** As the set-up reads and repairs what it installed. */
async function checkAutomationRecords(t: Test, odoo: ContractOdoo, id: number, url: string): Promise<void> {
  const model = 'base.automation';
  const fields = ['active', 'trigger', 'trigger_field_ids', 'action_server_ids', 'model_name', 'model_id'];
  const args = { domain: [['id', '=', id]], fields, order: 'id', load: '' };
  const [row] = (await odoo.call({ model, method: 'search_read', args, context: { active_test: false } })) as Row[];
  t.match(row, { active: true, trigger: 'on_create_or_write', model_name: 'res.partner', action_server_ids: [Number] });
  const action = ((row as Row).action_server_ids as number[])[0] as number;
  const actionFields = { fields: ['webhook_url', 'state', 'usage', 'base_automation_id'], load: '' };
  const shown = await odoo.call({ model: 'ir.actions.server', method: 'read', ids: [action], args: actionFields });
  const bound = { webhook_url: `${url}/changed`, state: 'webhook', usage: 'base_automation', base_automation_id: id };
  t.match(shown, [bound]);
  const model_id = (row as Row).model_id as number;
  const repaired = {
    name: 'repaired',
    model_id,
    state: 'webhook',
    usage: 'base_automation',
    webhook_url: `${url}/repaired`,
  };
  const vals = { active: true, action_server_ids: [[5], [0, 0, repaired]] };
  await odoo.call({ model, method: 'write', ids: [id], args: { vals } as never });
  const [after] = (await odoo.call({ model, method: 'search_read', args })) as Row[];
  t.equal(((after as Row).action_server_ids as number[]).length, 1);
  t.notSame(after?.action_server_ids, [action]);
  t.same(await odoo.call({ model, method: 'search', args: { domain: [['id', '=', id]] } }), [id]);
}
