/**
 * What the bridge needs inside Odoo, as desired state: the automations that post webhooks (Odoo 17 and later) and
 * the server actions. Making them takes an administrator (group base.group_system).
 */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { SetupError } from '../../errors.ts';
import { applyLostReason, applyOwnFields } from './own-fields.ts';
import { type ActionName, SERVER_ACTIONS } from './server-actions.ts';
import type { SetupItem } from './setup-item.ts';
import type { OdooTransport, RpcValue } from './transport.ts';
import { firstVersionWith } from './versions.ts';
import { applyAutomations, desiredAutomations } from './webhook-automations.ts';

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

const WITHOUT_WEBHOOKS: SetupItem = {
  name: `webhooks, which came with Odoo ${firstVersionWith('webhooks')}: the poller alone serves (POLL_CRON; SWEEP_CRON finds what was deleted)`,
  state: 'skipped',
};

const idRows = z.array(z.looseObject({ id: z.number(), name: z.string() }));
const codeRows = z.array(z.looseObject({ id: z.number(), code: z.union([z.string(), z.literal(false)]) }));

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
    const drift = found && !right ? { drift: ['code'] as const } : {};
    items.push({ name: action.title, state: stateOf(found !== undefined, right, repair), ...drift });
  }
  items.push(...(await applyOwnFields(options, repair)), ...(await applyLostReason(transport, repair)));
  const { webhookUrl } = options;
  if (webhookUrl === null) return { items: [...items, WITHOUT_WEBHOOKS], actionIds };
  items.push(...(await applyAutomations({ transport, webhookUrl }, entities, repair)));
  return { items, actionIds };
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

async function removeByName(
  transport: OdooTransport,
  model: string,
  names: readonly string[],
): Promise<readonly SetupItem[]> {
  const rows = idRows.parse(await search(transport, model, [['name', 'in', [...names]]], ['name']));
  if (rows.length > 0) await transport.call({ model, method: 'unlink', ids: rows.map(({ id }) => id) });
  return rows.map(({ name }) => ({ name, state: 'removed' }));
}
