/** `ir.actions.server.run` for the actions that the bridge installs. */
import { checkAccess } from './access-rights.ts';
import { queueWebhook } from './automations.ts';
import { type Environment, sudo, tableOf, type Values } from './environment.ts';
import { load } from './load.ts';
import { readRows, rowOf } from './records.ts';
import { searchRows } from './search-rows.ts';

interface BridgeRow {
  readonly id: number;
  readonly expect: Values;
  readonly set: Values;
}

/** Does what the action's Python does, under the caller's own rights. */
export function runServerAction(env: Environment, ids: readonly number[]): unknown {
  let result: unknown = false;
  for (const id of ids) {
    const action = rowOf(env, 'ir.actions.server', id);
    const owner = String(tableOf(env, 'ir.model').get(Number(action.model_id))?.model);
    checkAccess(env, owner, 'write');
    if (action.state === 'webhook') {
      // Whether anything has changed is the automation's business, not the action's.
      queueWebhook(env, owner, action, Number(env.context.active_id));
      continue;
    }
    const code = action.state === 'code' ? String(action.code ?? '') : '';
    const version = /'version': (\d+)/.exec(code)?.[1];
    const stamped = version === undefined ? {} : { version: Number(version) };
    if (code.includes('bridge_rows')) result = { ...stamped, ...writeIfUnchanged(env) };
    else if (code.includes('bridge_adopted')) result = { ...stamped, ...adopt(env) };
    else if (code.includes('bridge_names')) result = { ...stamped, ...findExternalIds(env) };
    // This Odoo has no mailings.
    else if (code.includes('bridge_mailing')) result = { ...stamped, launched: false };
    else if (code.includes('bridge_data')) result = { ...stamped, ...loadAndRead(env) };
    else throw env.world.notCovered('a server action that is not one of the bridge');
  }
  return result;
}

function writeIfUnchanged(env: Environment) {
  const model = String(env.context.bridge_model ?? 'res.partner');
  const given = (env.context.bridge_rows ?? []) as readonly BridgeRow[];
  const rows = [...new Map(given.map((row) => [row.id, row])).values()];
  const ids = rows.map((row) => row.id).filter((id) => tableOf(env, model).get(id));
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.expect)))];
  const current = new Map(readRows(env, model, ids, ['id', ...fields], '').map((row) => [row.id, row]));
  const done: BridgeRow[] = [];
  const stale: number[] = [];
  for (const row of rows) {
    const held = current.get(row.id);
    if (held && Object.entries(row.expect).every(([name, value]) => sameValue(held[name], value))) {
      env.world.operations.write(env, model, [row.id], row.set);
      done.push(row);
    } else stale.push(row.id);
  }
  const written = [...new Set(done.flatMap((row) => Object.keys(row.set))), 'write_date'];
  const doneIds = done.map((row) => row.id);
  return { done: readRows(env, model, doneIds, written, ''), stale };
}

function loadAndRead(env: Environment) {
  const { bridge_model: model = 'res.partner', bridge_data: data = [], bridge_fields: fields = [] } = env.context;
  const rows = data as readonly (readonly unknown[])[];
  const loaded = rows.length > 0 ? load(env, String(model), fields as string[], rows) : { ids: [], messages: [] };
  const messages = loaded.messages.map(({ type, message, record }) => ({ type, message, record }));
  const read = env.context.bridge_read ?? [];
  return { ids: loaded.ids, messages, rows: readRows(env, String(model), loaded.ids || [], read, '') };
}

function findExternalIds(env: Environment) {
  const { bridge_module: module = '', bridge_names: names = [], bridge_model: model = 'res.partner' } = env.context;
  const wanted = (env.context.bridge_ids ?? []) as readonly number[];
  const existing = wanted.filter((id) => tableOf(env, String(model)).get(id));
  const named = [['key', '=', 'database.uuid']];
  const database = searchRows(sudo(env), 'ir.config_parameter', named).map(({ value }) => value)[0] ?? false;
  if (!String(module).startsWith('bridge_')) return { found: [], existing, database };
  const domain = [['module', '=', module], ['model', '=', model], '|', ['name', 'in', names], ['res_id', 'in', wanted]];
  const ids = searchRows(sudo(env), 'ir.model.data', domain).map((row) => row.id);
  return { found: readRows(sudo(env), 'ir.model.data', ids, ['name', 'res_id'], ''), existing, database };
}

function adopt(env: Environment) {
  const {
    bridge_module: module = '',
    bridge_model: model = 'res.partner',
    bridge_tag: tag,
    bridge_field: field,
    bridge_adopted,
  } = env.context;
  const adopted = (bridge_adopted ?? []) as readonly { readonly id: number; readonly name: string }[];
  for (const { id, name } of adopted) {
    if (!tableOf(env, String(model)).get(id)) continue;
    if (tag) env.world.operations.write(env, String(model), [id], { [String(field || 'category_id')]: [[4, tag]] });
    if (!String(module).startsWith('bridge_')) continue;
    const named = [
      ['module', '=', module],
      ['name', '=', name],
    ];
    if (searchRows(sudo(env), 'ir.model.data', named).length > 0) continue;
    const values = { module, name, model, res_id: id, noupdate: true };
    env.world.operations.create(sudo(env), 'ir.model.data', [values]);
  }
  const ids = adopted.map(({ id }) => id).filter((id) => tableOf(env, String(model)).get(id));
  return { rows: readRows(env, String(model), ids, ['write_date'], '') };
}

function sameValue(held: unknown, expected: unknown): boolean {
  if (Array.isArray(held) && Array.isArray(expected)) return held.join() === expected.join();
  // Python: False == 0
  if (typeof held === 'number' && typeof expected === 'boolean') return held === Number(expected);
  if (typeof held === 'boolean' && typeof expected === 'number') return Number(held) === expected;
  return held === expected;
}
