/**
 * The server actions that the set-up installs in Odoo. They run with the rights of whoever calls them and give
 * what Odoo's RPC lacks: a write that is refused when the record has changed, a creation that tells what Odoo made
 * of it before anybody else can touch it, and a bulk lookup of external ids.
 */
import { z } from 'zod';
import { LAUNCHED_FIELD } from '../../entities/campaign.ts';
import { RetryableError } from '../../errors.ts';
import type { OdooTransport } from './transport.ts';

export type ActionName = 'write_if_unchanged' | 'load_and_read' | 'find_external_ids' | 'adopt' | 'launch_mailing';

export interface ServerAction {
  readonly name: ActionName;
  readonly title: string;
  readonly code: string;
}

/** Raised whenever the code changes; an action that answers with another version is not used. */
export const ACTION_VERSION = 2;

const WRITE_IF_UNCHANGED = `# Installed by the bridge. Writes each row only if it still holds what the bridge read.
# The rows travel in the context but must not stay in it: it is part of every cache key below.
rows = {row['id']: row for row in env.context.get('bridge_rows', [])}
clean = {key: value for key, value in env.context.items() if key != 'bridge_rows'}
model = env(context=clean)[env.context.get('bridge_model', 'res.partner')]
expected = list({field for row in rows.values() for field in row['expect']})
records = model.browse(list(rows)).exists()
current = {values['id']: values for values in records.read(expected, load=None)}
done = []
stale = [record_id for record_id in rows if record_id not in current]
for record in records:
    row = rows[record.id]
    if all(current[record.id][field] == value for field, value in row['expect'].items()):
        record.write(row['set'])
        done.append(record.id)
    else:
        stale.append(record.id)
written = list({field for record_id in done for field in rows[record_id]['set']})
action = {'version': ${ACTION_VERSION}, 'done': model.browse(done).read(written + ['write_date'], load=None), 'stale': stale}
`;

const LOAD_AND_READ = `# Installed by the bridge. Creates records with external ids and reads them in the same transaction.
fields = env.context.get('bridge_fields', [])
data = env.context.get('bridge_data', [])
clean = {key: value for key, value in env.context.items() if key not in ('bridge_fields', 'bridge_data')}
model = env(context=clean)[env.context.get('bridge_model', 'res.partner')]
result = model.load(fields, data) if data else {'ids': [], 'messages': []}
messages = [{'type': m.get('type'), 'message': str(m.get('message')), 'record': m.get('record', -1)} for m in result['messages']]
rows = model.browse(result['ids'] or []).read(env.context.get('bridge_read', []), load=None)
action = {'version': ${ACTION_VERSION}, 'ids': result['ids'], 'messages': messages, 'rows': rows}
`;

const FIND_EXTERNAL_IDS = `# Installed by the bridge. Tells which records carry these external ids of the bridge's own module, which of some
# ids exist at all, whoever may see them, and carry such external ids; and which database this is.
module = env.context.get('bridge_module', '')
names = env.context.get('bridge_names', [])
model = env.context.get('bridge_model', 'res.partner')
ids = env.context.get('bridge_ids', [])
found = []
if module.startswith('bridge_'):
    domain = [('module', '=', module), ('model', '=', model), '|', ('name', 'in', names), ('res_id', 'in', ids)]
    found = env['ir.model.data'].sudo().search_read(domain, ['name', 'res_id'])
existing = env[model].sudo().browse(ids).exists().ids
database = env['ir.config_parameter'].sudo().search([('key', '=', 'database.uuid')]).value
action = {'version': ${ACTION_VERSION}, 'found': found, 'existing': existing, 'database': database}
`;

const ADOPT = `# Installed by the bridge. Gives existing records a tag and an external id of the bridge's own module.
adopted = env.context.get('bridge_adopted', [])
clean = {key: value for key, value in env.context.items() if key != 'bridge_adopted'}
module = env.context.get('bridge_module', '')
model = env(context=clean)[env.context.get('bridge_model', 'res.partner')]
tag = env.context.get('bridge_tag')
field = env.context.get('bridge_field') or 'category_id'
known = env['ir.model.data'].sudo()
for row in adopted:
    record = model.browse(row['id']).exists()
    if record and tag:
        record.write({field: [(4, tag)]})
    named = [('module', '=', module), ('name', '=', row['name'])]
    if record and module.startswith('bridge_') and not known.search_count(named):
        known.create({'module': module, 'name': row['name'], 'model': model._name, 'res_id': record.id, 'noupdate': True})
rows = model.browse([row['id'] for row in adopted]).exists().read(['write_date'], load=None)
action = {'version': ${ACTION_VERSION}, 'rows': rows}
`;

const LAUNCH_MAILING = `# Installed by the bridge. Puts a mailing into the queue, once: whoever asks again, or too late, changes nothing.
# The note and the queue are one transaction, and two of them at once meet in the same row.
wanted = env.context.get('bridge_mailing')
mailing = env['mailing.mailing'].browse(wanted).exists() if wanted else False
launched = bool(mailing) and mailing.state == 'draft' and not mailing.${LAUNCHED_FIELD}
if launched:
    mailing.write({'${LAUNCHED_FIELD}': str(datetime.datetime.now())[:19]})
    mailing.action_put_in_queue()
action = {'version': ${ACTION_VERSION}, 'launched': launched}
`;

export const SERVER_ACTIONS: readonly ServerAction[] = [
  { name: 'write_if_unchanged', title: 'Bridge: write if unchanged', code: WRITE_IF_UNCHANGED },
  { name: 'load_and_read', title: 'Bridge: create and read', code: LOAD_AND_READ },
  { name: 'find_external_ids', title: 'Bridge: find external ids', code: FIND_EXTERNAL_IDS },
  { name: 'adopt', title: 'Bridge: adopt', code: ADOPT },
  { name: 'launch_mailing', title: 'Bridge: launch mailing', code: LAUNCH_MAILING },
];

const writeAnswer = z.object({
  version: z.literal(ACTION_VERSION),
  done: z.array(z.looseObject({ id: z.number(), write_date: z.string() })),
  stale: z.array(z.number()),
});
const message = z.looseObject({ type: z.string(), message: z.string(), record: z.number().optional() });
const loadAnswer = z.object({ ids: z.union([z.literal(false), z.array(z.number())]), messages: z.array(message) });
const loadAndReadAnswer = loadAnswer.extend({
  version: z.literal(ACTION_VERSION),
  rows: z.array(z.looseObject({ id: z.number(), write_date: z.string(), create_date: z.string() })),
});
const findAnswer = z.object({
  version: z.literal(ACTION_VERSION),
  found: z.array(z.looseObject({ name: z.string(), res_id: z.number() })),
  existing: z.array(z.number()),
  database: z.union([z.string(), z.literal(false)]),
});
const launchAnswer = z.object({ version: z.literal(ACTION_VERSION), launched: z.boolean() });
const stampedRows = z.array(z.looseObject({ id: z.number(), write_date: z.string() }));
const adoptAnswer = z.object({ version: z.literal(ACTION_VERSION), rows: stampedRows });

export interface ConditionalRow {
  readonly id: number;
  readonly expect: Readonly<Record<string, unknown>>;
  readonly set: Readonly<Record<string, unknown>>;
}

/** One transaction: all rows that still hold what is expected are written, the others are told as stale. */
export async function writeIfUnchanged(
  transport: OdooTransport,
  actionId: number,
  model: string,
  rows: readonly ConditionalRow[],
  context: Readonly<Record<string, boolean>>,
) {
  const bridge = { active_model: model, bridge_model: model, bridge_rows: rows as never };
  const call = { model: 'ir.actions.server', method: 'run', ids: [actionId], context: { ...context, ...bridge } };
  return writeAnswer.parse(await transport.call(call));
}

export interface LoadRequest {
  readonly model: string;
  readonly fields: readonly string[];
  /** One list of cells per record. */
  readonly data: readonly (readonly string[])[];
  readonly context: Readonly<Record<string, boolean>>;
}

/** Odoo's `load()`: all or nothing; `ids` is false when it refused, and the messages say which record. */
export async function loadRecords(transport: OdooTransport, { model, fields, data, context }: LoadRequest) {
  return loadAnswer.parse(await transport.call({ model, method: 'load', args: { fields, data }, context }));
}

/** The same, and what Odoo holds of the new records before anybody else can touch them. */
export async function loadAndRead(
  transport: OdooTransport,
  actionId: number,
  request: LoadRequest,
  read: readonly string[],
) {
  const { model, fields, data, context } = request;
  const bridge = {
    active_model: model,
    bridge_model: model,
    bridge_fields: fields,
    bridge_data: data,
    bridge_read: read,
  };
  const call = { model: 'ir.actions.server', method: 'run', ids: [actionId], context: { ...context, ...bridge } };
  return loadAndReadAnswer.parse(await transport.call(call));
}

export async function findExternalIds(
  transport: OdooTransport,
  actionId: number,
  model: string,
  module: string,
  names: readonly string[],
  ids: readonly number[] = [],
): Promise<Found> {
  const bridge = { bridge_model: model, bridge_module: module, bridge_names: names, bridge_ids: ids };
  const context = { active_model: model, ...bridge };
  const answer = await transport.call({ model: 'ir.actions.server', method: 'run', ids: [actionId], context });
  return findAnswer.parse(answer);
}

export interface Found {
  /** External ids of these names, and those of the records with these ids. */
  readonly found: readonly { readonly name: string; readonly res_id: number }[];
  /** Those of the ids that name a record, also where the user may not see it. */
  readonly existing: readonly number[];
  /** What Odoo itself calls this database; false where it was never named. */
  readonly database: string | false;
}

export interface AdoptRequest {
  readonly model: string;
  readonly module: string;
  readonly tag: number | null;
  /** The field that holds it. */
  readonly field: string | null;
  readonly adopted: readonly { readonly id: number; readonly name: string }[];
}

/** @returns the records with their write_date afterwards */
export async function adoptRecords(transport: OdooTransport, actionId: number, request: AdoptRequest) {
  const { model, module, tag, field, adopted } = request;
  const named = { bridge_model: model, bridge_module: module, bridge_adopted: adopted };
  const bridge = { ...named, bridge_tag: tag ?? false, bridge_field: field ?? false };
  const context = { active_model: model, ...bridge };
  const call = { model: 'ir.actions.server', method: 'run', ids: [actionId], context };
  return adoptAnswer.parse(await transport.call(call)).rows;
}

/** Whether the action of that id is there, is ours and is of this version: a run that asks for nothing. */
export async function isUsable(transport: OdooTransport, name: ActionName, actionId: number): Promise<boolean> {
  try {
    if (name === 'write_if_unchanged') await writeIfUnchanged(transport, actionId, 'res.partner', [], {});
    else if (name === 'find_external_ids') await findExternalIds(transport, actionId, 'res.partner', '', []);
    else if (name === 'adopt')
      await adoptRecords(transport, actionId, {
        model: 'res.partner',
        module: '',
        tag: null,
        field: null,
        adopted: [],
      });
    else if (name === 'launch_mailing')
      launchAnswer.parse(
        await transport.call({
          model: 'ir.actions.server',
          method: 'run',
          ids: [actionId],
          context: { active_model: 'res.partner' },
        }),
      );
    else await loadAndRead(transport, actionId, { model: 'res.partner', fields: [], data: [], context: {} }, []);
    return true;
  } catch (error) {
    // Odoo being away says nothing about the action.
    if (error instanceof RetryableError) throw error;
    return false;
  }
}

/** Ids by name as an administrator may search them; nobody else may, so the set-up also remembers them. */
export async function searchActions(transport: OdooTransport): Promise<ReadonlyMap<ActionName, number>> {
  const titles = SERVER_ACTIONS.map(({ title }) => title);
  const args = { domain: [['name', 'in', titles]], fields: ['name'], order: 'id' };
  const rows = await transport.call({ model: 'ir.actions.server', method: 'search_read', args });
  const parsed = z.array(z.looseObject({ id: z.number(), name: z.string() })).parse(rows);
  return new Map(
    SERVER_ACTIONS.flatMap(({ name, title }) => {
      const row = parsed.find((candidate) => candidate.name === title);
      return row ? [[name, row.id] as const] : [];
    }),
  );
}
