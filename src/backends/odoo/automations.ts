/**
 * What the bridge needs inside Odoo, as desired state: the automations that post webhooks (Odoo 17 and later) and
 * the server actions. Making them takes an administrator (group base.group_system).
 */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { SetupError } from '../../errors.ts';
import { applyLostReason, applyOwnFields, findModel } from './own-fields.ts';
import { type ActionName, SERVER_ACTIONS } from './server-actions.ts';
import type { OdooTransport, RpcValue } from './transport.ts';
import { firstVersionWith } from './versions.ts';

/** One thing that should be in Odoo, and what became of it. */
export interface SetupItem {
  readonly name: string;
  readonly state: 'ok' | 'created' | 'repaired' | 'missing' | 'altered' | 'removed' | 'skipped';
}

export interface SetupResult {
  readonly items: readonly SetupItem[];
  readonly actionIds: ReadonlyMap<ActionName, number>;
}

export interface SetupOptions {
  readonly transport: OdooTransport;
  readonly entities: readonly Entity[];
  /** Where Odoo posts to, with its token: `https://bridge:token@host/webhooks/odoo`. Null where it cannot post. */
  readonly webhookUrl: string | null;
}

interface Automation {
  readonly name: string;
  readonly model: string;
  readonly trigger: 'on_create_or_write' | 'on_unlink';
  /** Fields whose change triggers it. Without them Odoo 19 posts 14 times for one new partner. */
  readonly fields: readonly string[];
}

const WITHOUT_WEBHOOKS: SetupItem = {
  name: `webhooks, which came with Odoo ${firstVersionWith('webhooks')}: the poller alone serves (POLL_CRON; SWEEP_CRON finds what was deleted)`,
  state: 'skipped',
};

const idRows = z.array(z.looseObject({ id: z.number(), name: z.string() }));
const automationRows = z.array(
  z.looseObject({
    id: z.number(),
    active: z.boolean(),
    trigger: z.string(),
    trigger_field_ids: z.array(z.number()),
    action_server_ids: z.array(z.number()),
  }),
);
const actionRows = z.array(
  z.looseObject({ id: z.number(), state: z.string(), webhook_url: z.union([z.string(), z.literal(false)]) }),
);
const codeRows = z.array(z.looseObject({ id: z.number(), code: z.union([z.string(), z.literal(false)]) }));

export function desiredAutomations(entities: readonly Entity[]): readonly Automation[] {
  const watched = entities.filter(({ odoo }) => !odoo.unwatched);
  const models = [...new Set(watched.map(({ odoo }) => odoo.model))];
  return models.flatMap((model) => {
    const fields = [
      ...new Set(
        entities.filter(({ odoo }) => odoo.model === model).flatMap(({ odoo }) => odoo.triggers ?? odoo.fields),
      ),
    ];
    return [
      { name: `Bridge: ${model} created or changed`, model, trigger: 'on_create_or_write', fields } as const,
      { name: `Bridge: ${model} deleted`, model, trigger: 'on_unlink', fields: [] } as const,
    ];
  });
}

/** Creates what is missing and repairs what was altered; what is right is not touched. */
export async function installSetup(options: SetupOptions): Promise<SetupResult> {
  return applySetup(options, true);
}

/** Looks only. */
export async function verifySetup(options: SetupOptions): Promise<SetupResult> {
  return applySetup(options, false);
}

/** Takes everything of ours out of Odoo again. */
export async function removeSetup({ transport, entities, webhookUrl }: SetupOptions): Promise<readonly SetupItem[]> {
  const items: SetupItem[] = [];
  const names = desiredAutomations(entities).map(({ name }) => name);
  if (webhookUrl !== null) items.push(...(await removeByName(transport, 'base.automation', names)));
  const titles = [...SERVER_ACTIONS.map(({ title }) => title), ...names];
  items.push(...(await removeByName(transport, 'ir.actions.server', titles)));
  return items;
}

async function applySetup(options: SetupOptions, repair: boolean): Promise<SetupResult> {
  const { transport, entities } = options;
  const items: SetupItem[] = [];
  const actionIds = new Map<ActionName, number>();
  const partnerModel = await modelId(transport, 'res.partner');
  for (const action of SERVER_ACTIONS) {
    const values = { name: action.title, model_id: partnerModel, state: 'code', code: action.code };
    const [found] = codeRows.parse(
      await search(
        transport,
        'ir.actions.server',
        [
          ['name', '=', action.title],
          ['state', '=', 'code'],
        ],
        ['code'],
      ),
    );
    const right = found !== undefined && found.code !== false && found.code.trim() === action.code.trim();
    if (found && !right && repair)
      await transport.call({ model: 'ir.actions.server', method: 'write', ids: [found.id], args: { vals: values } });
    const id = found?.id ?? (repair ? await createOne(transport, 'ir.actions.server', values) : null);
    if (id !== null) actionIds.set(action.name, id);
    items.push({ name: action.title, state: stateOf(found !== undefined, right, repair) });
  }
  items.push(...(await applyOwnFields(options, repair)), ...(await applyLostReason(transport, repair)));
  const { webhookUrl } = options;
  if (webhookUrl === null) return { items: [...items, WITHOUT_WEBHOOKS], actionIds };
  for (const automation of desiredAutomations(entities)) {
    // An Odoo app that is not installed: told above, or nobody needs it.
    if ((await findModel(transport, automation.model)) === null)
      items.push({ name: automation.name, state: 'skipped' });
    else items.push(await applyAutomation({ transport, webhookUrl }, automation, repair));
  }
  return { items, actionIds };
}

async function applyAutomation(
  { transport, webhookUrl }: { readonly transport: OdooTransport; readonly webhookUrl: string },
  automation: Automation,
  repair: boolean,
): Promise<SetupItem> {
  const { name, model, trigger, fields } = automation;
  const model_id = await modelId(transport, model);
  const triggerIds = await fieldIds(transport, model, fields);
  const shown = ['active', 'trigger', 'trigger_field_ids', 'action_server_ids'];
  const [found] = automationRows.parse(await search(transport, 'base.automation', [['name', '=', name]], shown));
  const actions = found
    ? actionRows.parse(
        await search(transport, 'ir.actions.server', [['id', 'in', found.action_server_ids]], ['state', 'webhook_url']),
      )
    : [];
  const right =
    found?.active === true &&
    found.trigger === trigger &&
    sameIds(found.trigger_field_ids, triggerIds) &&
    actions.length === 1 &&
    actions[0]?.state === 'webhook' &&
    actions[0].webhook_url === webhookUrl;
  if (repair && !right) {
    // No fields: model and id are all that is believed, and a field would be read even where the record is gone.
    const action = {
      name,
      model_id,
      state: 'webhook',
      usage: 'base_automation',
      webhook_url: webhookUrl,
    };
    const values: Record<string, RpcValue> = {
      name,
      model_id,
      trigger,
      active: true,
      trigger_field_ids: [[6, 0, [...triggerIds]]],
      action_server_ids: [[5], [0, 0, action]] as RpcValue,
    };
    if (found)
      await transport.call({ model: 'base.automation', method: 'write', ids: [found.id], args: { vals: values } });
    else await createOne(transport, 'base.automation', { ...values, action_server_ids: [[0, 0, action]] as RpcValue });
  }
  return { name, state: stateOf(found !== undefined, right, repair) };
}

function stateOf(found: boolean, right: boolean, repair: boolean): SetupItem['state'] {
  if (right) return 'ok';
  if (repair) return found ? 'repaired' : 'created';
  return found ? 'altered' : 'missing';
}

async function search(transport: OdooTransport, model: string, domain: RpcValue, fields: string[]): Promise<unknown> {
  const args = { domain, fields, order: 'id', load: '' };
  return transport.call({ model, method: 'search_read', args, context: { active_test: false } });
}

async function createOne(transport: OdooTransport, model: string, values: RpcValue): Promise<number> {
  const created = await transport.call({ model, method: 'create', args: { vals_list: [values] } });
  return z.tuple([z.number()]).parse(created)[0];
}

async function modelId(transport: OdooTransport, model: string): Promise<number> {
  const rows = idRows.parse(await search(transport, 'ir.model', [['model', '=', model]], ['name']));
  const [found] = rows;
  if (found) return found.id;
  throw new SetupError({
    code: 'missing_module',
    message: `Odoo has no model ${model}.`,
    remedy: 'Install the Odoo app that brings this model.',
  });
}

async function fieldIds(transport: OdooTransport, model: string, names: readonly string[]): Promise<readonly number[]> {
  if (names.length === 0) return [];
  const domain = [
    ['model', '=', model],
    ['name', 'in', [...names]],
  ];
  return idRows.parse(await search(transport, 'ir.model.fields', domain, ['name'])).map(({ id }) => id);
}

function sameIds(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}

async function removeByName(
  transport: OdooTransport,
  model: string,
  names: readonly string[],
): Promise<readonly SetupItem[]> {
  const rows = idRows.parse(await search(transport, model, [['name', 'in', [...names]]], ['name']));
  if (rows.length > 0) await transport.call({ model, method: 'unlink', ids: rows.map(({ id }) => id) });
  return rows.map(({ name }) => ({ name, state: 'removed' }));
}
