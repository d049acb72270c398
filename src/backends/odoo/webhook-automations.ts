/**
 * The automations that post webhooks (Odoo 17 and later), as desired state: what each should be, in what it differs, and
 * which others post to the bridge as well. Neither an address nor a token is ever in what is told.
 */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { findModel } from './own-fields.ts';
import type { Drift, SetupItem } from './setup-item.ts';
import type { OdooTransport, RpcValue } from './transport.ts';

export interface Automation {
  readonly name: string;
  readonly model: string;
  readonly trigger: 'on_create_or_write' | 'on_unlink';
  /** Fields whose change triggers it. Without them Odoo 19 posts 14 times for one new partner. */
  readonly fields: readonly string[];
}

interface Target {
  readonly transport: OdooTransport;
  /** `https://bridge:token@host/webhooks/odoo` */
  readonly webhookUrl: string;
}

const text = z.union([z.string(), z.literal(false)]);
const automationRows = z.array(
  z.looseObject({
    id: z.number(),
    name: z.string(),
    active: z.boolean(),
    model_id: z.number(),
    trigger: z.string(),
    trigger_field_ids: z.array(z.number()),
    filter_domain: text,
    action_server_ids: z.array(z.number()),
  }),
);
const actionRows = z.array(
  z.looseObject({
    id: z.number(),
    state: z.string(),
    webhook_url: text,
    webhook_field_ids: z.array(z.number()),
    base_automation_id: z.union([z.number(), z.literal(false)]),
  }),
);
const idRows = z.array(z.looseObject({ id: z.number() }));
type Found = z.infer<typeof automationRows>[number];
type Action = z.infer<typeof actionRows>[number];

const AUTOMATION_FIELDS = [
  ...['name', 'active', 'model_id', 'trigger', 'trigger_field_ids', 'filter_domain', 'action_server_ids'],
];
const ACTION_FIELDS = ['state', 'webhook_url', 'webhook_field_ids', 'base_automation_id'];

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

/** @param repair false looks only */
export async function applyAutomations(
  target: Target,
  entities: readonly Entity[],
  repair: boolean,
): Promise<readonly SetupItem[]> {
  const items: SetupItem[] = [];
  const desired = desiredAutomations(entities);
  for (const automation of desired) {
    const modelId = await findModel(target.transport, automation.model);
    // An Odoo app that is not installed: told with the fields, or nobody needs it.
    if (modelId === null) items.push({ name: automation.name, state: 'skipped' });
    else items.push(await applyOne(target, automation, modelId, repair));
  }
  return [...items, ...(await applyExtras(target, desired, repair))];
}

async function applyOne(
  { transport, webhookUrl }: Target,
  automation: Automation,
  modelId: number,
  repair: boolean,
): Promise<SetupItem> {
  const { name, trigger } = automation;
  const triggerIds = await fieldIds(transport, automation);
  const [found] = await findAutomations(transport, [['name', '=', name]]);
  const actions = found ? await findActions(transport, [['id', 'in', found.action_server_ids]]) : [];
  const drift = found ? differences({ trigger, modelId, triggerIds, webhookUrl }, found, actions) : [];
  if (found && drift.length === 0) return { name, state: 'ok' };
  const told = drift.length > 0 ? { drift } : {};
  if (!repair) return { name, state: found ? 'altered' : 'missing', ...told };
  // No fields: model and id are all that is believed, and a field would be read even where the record is gone.
  const action = { name, model_id: modelId, state: 'webhook', usage: 'base_automation', webhook_url: webhookUrl };
  const values: Record<string, RpcValue> = {
    name,
    model_id: modelId,
    trigger,
    active: true,
    filter_domain: false,
    trigger_field_ids: [[6, 0, [...triggerIds]]],
    action_server_ids: (found ? [[5], [0, 0, action]] : [[0, 0, action]]) as RpcValue,
  };
  if (found) await write(transport, found.id, values);
  else await transport.call({ model: 'base.automation', method: 'create', args: { vals_list: [values] } });
  return { name, state: found ? 'repaired' : 'created', ...told };
}

interface Wanted {
  readonly trigger: string;
  readonly modelId: number;
  readonly triggerIds: readonly number[];
  readonly webhookUrl: string;
}

function differences(wanted: Wanted, found: Found, actions: readonly Action[]): readonly Drift[] {
  const [action] = actions;
  const is = readTarget(action?.webhook_url || '');
  const should = readTarget(wanted.webhookUrl);
  const posts = actions.length === 1 && action?.state === 'webhook';
  const drift: Readonly<Record<Drift, boolean>> = {
    disabled: !found.active,
    model: found.model_id !== wanted.modelId,
    trigger: found.trigger !== wanted.trigger,
    fields: !sameIds(found.trigger_field_ids, wanted.triggerIds),
    filter: found.filter_domain !== false && found.filter_domain.replace(/\s/g, '') !== '[]',
    actions: !posts,
    address: posts && is.address !== should.address,
    token: posts && is.token !== should.token,
    content: posts && action.webhook_field_ids.length > 0,
    code: false,
  };
  return Object.entries(drift).flatMap(([name, differs]) => (differs ? [name as Drift] : []));
}

/** Further automations that post to the bridge: copies, or those of a former version. Each would be an event too many. */
async function applyExtras(
  { transport, webhookUrl }: Target,
  desired: readonly Automation[],
  repair: boolean,
): Promise<readonly SetupItem[]> {
  const { address } = readTarget(webhookUrl);
  const posting = await findActions(transport, [
    ['state', '=', 'webhook'],
    ['webhook_url', 'like', '/webhooks/odoo'],
  ]);
  const ours = posting.filter(({ webhook_url }) => readTarget(webhook_url || '').address === address);
  const names = desired.map(({ name }) => name);
  const suspects = await findAutomations(transport, [
    '|',
    ['id', 'in', ours.flatMap(({ base_automation_id: id }) => id || [])],
    ['name', 'in', names],
  ]);
  // Of each name the first is the one that was looked at above.
  const first = new Map(suspects.toReversed().map(({ id, name }) => [name, id]));
  const extras = suspects.filter(({ id, name }) => !names.includes(name) || first.get(name) !== id);
  if (repair && extras.length > 0) {
    await transport.call({ model: 'base.automation', method: 'unlink', ids: extras.map(({ id }) => id) });
  }
  return extras.map(({ id }) => ({
    name: `Automation ${id}, which posts to the bridge and is none of its own`,
    state: repair ? 'removed' : 'extra',
  }));
}

/** The action of an automation of ours, which a self-test runs; null where there is none, or the user may not look. */
export async function findPostingAction(transport: OdooTransport, model: string): Promise<number | null> {
  const [found] = await findAutomations(transport, [['name', '=', `Bridge: ${model} created or changed`]]);
  return found?.action_server_ids[0] ?? null;
}

/** Odoo posts an event about a record that did not change: reading it again does no harm. */
export async function postEvent(transport: OdooTransport, action: number, model: string, id: number): Promise<void> {
  const context = { active_model: model, active_id: id };
  await transport.call({ model: 'ir.actions.server', method: 'run', ids: [action], context });
}

/** The contract takes the token as the password or as the end of the path. */
function readTarget(url: string): { readonly address: string; readonly token: string } {
  if (!URL.canParse(url)) return { address: '', token: '' };
  const { origin, pathname, password } = new URL(url);
  const [, base = pathname, inPath = ''] = /^(.*\/webhooks\/odoo)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  return { address: origin + base, token: decodeURIComponent(password || inPath) };
}

async function findAutomations(transport: OdooTransport, domain: RpcValue): Promise<readonly Found[]> {
  return automationRows.parse(await search(transport, 'base.automation', domain, AUTOMATION_FIELDS));
}

async function findActions(transport: OdooTransport, domain: RpcValue): Promise<readonly Action[]> {
  return actionRows.parse(await search(transport, 'ir.actions.server', domain, ACTION_FIELDS));
}

async function search(transport: OdooTransport, model: string, domain: RpcValue, fields: string[]): Promise<unknown> {
  const args = { domain, fields, order: 'id', load: '' };
  return transport.call({ model, method: 'search_read', args, context: { active_test: false } });
}

async function write(transport: OdooTransport, id: number, vals: Record<string, RpcValue>): Promise<void> {
  await transport.call({ model: 'base.automation', method: 'write', ids: [id], args: { vals } });
}

async function fieldIds(transport: OdooTransport, { model, fields }: Automation): Promise<readonly number[]> {
  if (fields.length === 0) return [];
  const domain: RpcValue = [
    ['model', '=', model],
    ['name', 'in', [...fields]],
  ];
  return idRows.parse(await search(transport, 'ir.model.fields', domain, ['name'])).map(({ id }) => id);
}

function sameIds(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}
