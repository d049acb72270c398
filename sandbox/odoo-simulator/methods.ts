/** The public methods, with the signatures that Odoo gives them. */
import { checkAccess, mayAccess, type Operation } from './access-rights.ts';
import { checkContext, type Environment, specOf, tableOf, type Values } from './environment.ts';
import { findExternalId, load } from './load.ts';
import { MERGE_WIZARD, mergeSelected } from './merge-partners.ts';
import { valueError } from './odoo-errors.ts';
import { readRows } from './records.ts';
import { searchRows } from './search-rows.ts';
import { runServerAction } from './server-actions.ts';

type Arguments = Readonly<Record<string, unknown>>;

export interface Method {
  /** Methods of the model take no ids; the others take them first. */
  readonly on: 'model' | 'records';
  /** As Python names them in its errors. */
  readonly owner: string;
  readonly parameters: readonly string[];
  readonly required: number;
  run(env: Environment, model: string, ids: readonly number[], given: Arguments): unknown;
}

const onModel = (signature: string, run: Method['run'], owner?: string) => method('model', signature, run, owner);
export const onRecords = (signature: string, run: Method['run'], owner?: string) =>
  method('records', signature, run, owner);

/** `domain offset? limit?`: a question mark says that the parameter has a default. */
function method(on: Method['on'], signature: string, run: Method['run'], owner = 'BaseModel'): Method {
  const words = signature.split(' ').filter(Boolean);
  const parameters = words.map((word) => word.replace('?', ''));
  return { on, owner, parameters, required: words.filter((word) => !word.endsWith('?')).length, run };
}

const anyMethods: Readonly<Record<string, Method>> = {
  search: onModel('domain offset? limit? order?', (env, model, _ids, given) =>
    searchRows(env, model, given.domain, given).map((row) => row.id),
  ),
  search_count: onModel(
    'domain limit?',
    (env, model, _ids, given) => searchRows(env, model, given.domain, given).length,
  ),
  search_read: onModel('domain? fields? offset? limit? order? load?', (env, model, _ids, given) => {
    const ids = searchRows(env, model, given.domain ?? [], given).map((row) => row.id);
    return readRows(env, model, ids, given.fields, 'load' in given ? given.load : '_classic_read');
  }),
  read: onRecords('fields? load?', (env, model, ids, given) =>
    readRows(env, model, ids, given.fields, 'load' in given ? given.load : '_classic_read'),
  ),
  create: onModel('vals_list', (env, model, _ids, { vals_list }) =>
    env.world.operations.create(env, model, Array.isArray(vals_list) ? vals_list : [vals_list as Values]),
  ),
  write: onRecords('vals', (env, model, ids, given) => {
    env.world.operations.write(env, model, ids, given.vals as Values);
    return true;
  }),
  unlink: onRecords('', (env, model, ids) => {
    env.world.operations.unlink(env, model, ids);
    return true;
  }),
  load: onModel('fields data', (env, model, _ids, given) =>
    load(env, model, given.fields as string[], given.data as unknown[][]),
  ),
  web_save_multi: onRecords('vals_list specification', (env, model, ids, given) => {
    const rows = given.vals_list as readonly Values[];
    if (rows.length !== ids.length) throw valueError('Each record must have a corresponding vals entry.');
    for (const [index, id] of ids.entries()) env.world.operations.write(env, model, [id], rows[index] ?? {});
    const fields = Object.keys(given.specification as object);
    return readRows(env, model, ids, fields.length ? fields : ['id'], null);
  }),
  fields_get: onModel('allfields? attributes?', (env, model, _ids, given) => describeFields(env, model, given)),
  has_access: onRecords('operation', (env, model, _ids, given) =>
    mayAccess(env.world.users.get(env.uid), model, given.operation as Operation),
  ),
  check_access_rights: onModel('operation raise_exception?', (env, model, _ids, given) => {
    const may = mayAccess(env.world.users.get(env.uid), model, given.operation as Operation);
    if (!may && given.raise_exception !== false) checkAccess(env, model, given.operation as Operation);
    return may;
  }),
  get_external_id: onRecords('', (env, model, ids) => {
    const rows = [...tableOf(env, 'ir.model.data').rows.values()].filter((row) => row.model === model);
    const named = new Map(rows.map((row) => [row.res_id, `${row.module}.${row.name}`]));
    // a Map: keys that are no strings, which XML-RPC cannot carry
    return new Map(ids.map((id) => [id, named.get(id) ?? '']));
  }),
};

const modelMethods: Readonly<Record<string, Method>> = {
  'res.users.context_get': onModel('', (env) => ({ lang: 'en_US', tz: false, uid: env.uid }), 'ResUsers'),
  'res.lang.get_installed': onModel(
    '',
    (env) => {
      const rows = searchRows({ ...env, su: true, context: {} }, 'res.lang', [['active', '=', true]], {
        order: 'name',
      });
      return rows.map((row) => [row.code, row.name]);
    },
    'ResLang',
  ),
  'res.users.has_group': onRecords(
    'group_ext_id',
    (env, _model, ids, given) =>
      ids.some((id) => env.world.users.get(id)?.groups.has(String(given.group_ext_id)) ?? false),
    'ResUsers',
  ),
  'ir.model.data.check_object_reference': onModel(
    'module xml_id raise_on_access_error?',
    (env, _model, _ids, given) => {
      const row = findExternalId(env, `${given.module}.${given.xml_id}`);
      if (!row) throw valueError(`External ID not found in the system: ${given.module}.${given.xml_id}`);
      const model = String(row.model);
      return [model, searchRows(env, model, [['id', '=', row.res_id]]).length > 0 ? row.res_id : false];
    },
    'IrModelData',
  ),
  [`${MERGE_WIZARD}.action_merge`]: onRecords('', (env, _model, ids) => mergeSelected(env, ids), 'MergeWizard'),
  'ir.actions.server.run': onRecords('', (env, _model, ids) => runServerAction(env, ids), 'IrActionsServer'),
};

/** @param added of another app */
export function findMethod(
  model: string,
  name: string,
  added: Readonly<Record<string, Method>> = {},
): Method | undefined {
  return added[`${model}.${name}`] ?? modelMethods[`${model}.${name}`] ?? anyMethods[name];
}

export function runMethod(env: Environment, model: string, called: Method, ids: readonly number[], given: Arguments) {
  checkContext(env);
  return called.run(env, model, ids, given);
}

function describeFields(env: Environment, model: string, given: Arguments): Values {
  const wanted = given.allfields as readonly string[] | undefined;
  const attributes = given.attributes as readonly string[] | undefined;
  const described: Record<string, unknown> = {};
  const { fields } = specOf(env, model);
  for (const name of wanted?.length ? wanted : Object.keys(fields)) {
    const field = fields[name];
    if (!field) continue;
    const all: Record<string, unknown> = {
      type: field.type,
      string: field.string,
      readonly: field.readonly ?? false,
      required: field.required ?? false,
      store: !field.computed,
      ...(field.relation ? { relation: field.relation } : {}),
      ...(field.selection ? { selection: field.selection } : {}),
      ...(field.inverse ? { relation_field: field.inverse } : {}),
    };
    described[name] = attributes?.length
      ? Object.fromEntries(attributes.filter((key) => key in all).map((key) => [key, all[key]]))
      : all;
  }
  return described;
}
