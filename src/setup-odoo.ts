/** `bridge webhooks`: puts what the bridge needs into Odoo, looks whether it is as it should be, takes it out again. */
import { installSetup, removeSetup, verifySetup } from './backends/odoo/automations.ts';
import { SERVER_ACTIONS } from './backends/odoo/server-actions.ts';
import type { SetupItem } from './backends/odoo/setup-item.ts';
import type { OdooTransport } from './backends/odoo/transport.ts';
import { hasFeature } from './backends/odoo/versions.ts';
import { desiredAutomations, findPostingAction } from './backends/odoo/webhook-automations.ts';
import { webhookUrl } from './backends/odoo/webhook-url.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { entities } from './entities/registry.ts';
import { POSTING_ACTION, testWebhook } from './webhook-self-test.ts';

export type SetupAction = 'install' | 'verify' | 'remove';

/**
 * @returns one line per thing that should be in Odoo
 * @throws SetupError when BRIDGE_PUBLIC_URL or a token is missing, or the user is no administrator
 */
export async function runSetup(context: Context, action: SetupAction): Promise<readonly SetupItem[]> {
  const { transport, version, prepare } = await context.odoo.connected();
  const url = hasFeature(version, 'webhooks') ? webhookUrl(context.config) : null;
  const options = { transport, entities, webhookUrl: url };
  if (action === 'remove') {
    for (const { name } of SERVER_ACTIONS) await context.cursors.remove(`odoo:action:${name}`);
    await context.cursors.remove(POSTING_ACTION);
    return removeSetup(options);
  }
  if (action === 'verify') {
    const { items } = await verifySetup(options);
    return url === null ? items : [...items, await selfTest(context, transport)];
  }
  const { items, actionIds } = await installSetup(options);
  await forgetVanishedTags(context, transport);
  await prepare(entities);
  // The bot itself may be no administrator and could not search for them.
  for (const [name, id] of actionIds) await context.cursors.write(`odoo:action:${name}`, String(id));
  const posting = url === null ? null : await findPostingAction(transport, 'res.partner');
  if (posting !== null) await context.cursors.write(POSTING_ACTION, String(posting));
  return items;
}

async function selfTest({ config, db, cursors }: Context, transport: OdooTransport): Promise<SetupItem> {
  const { state, detail, remedy } = await testWebhook({ transport, db, cursors, publicUrl: config.BRIDGE_PUBLIC_URL });
  return { name: 'Self-test: an event from Odoo to the bridge', state, detail: [detail, remedy].join(' ').trim() };
}

/** One line for a person. */
export function describeItem({ name, state, drift, detail }: SetupItem): string {
  const more = [...(drift ? [`differs in: ${drift.join(', ')}`] : []), ...(detail ? [detail] : [])];
  return `${state.padEnd(9)}${name}${more.map((line) => `\n         ${line}`).join('')}`;
}

/** A tag that was deleted in Odoo is looked for by its name again, and made if need be. */
async function forgetVanishedTags(context: Context, transport: OdooTransport): Promise<void> {
  for (const { name, odoo } of entities) {
    if (odoo.membership.kind !== 'tag') continue;
    const known = await context.cursors.read(`odoo:tag:${name}`);
    if (known === null) continue;
    const domain = [['id', '=', Number(known)]];
    const call = {
      model: odoo.membership.tagModel,
      method: 'search',
      args: { domain },
      context: { active_test: false },
    };
    const found = await transport.call(call);
    if (Array.isArray(found) && found.length === 0) await context.cursors.remove(`odoo:tag:${name}`);
  }
}

/** The same, in words, for who may not or will not let a program do it. */
export function printSetup(config: Config): readonly string[] {
  const lines = ['In Odoo, as an administrator with developer mode on:'];
  for (const { name, model, trigger, fields } of desiredAutomations(entities)) {
    lines.push(
      `- Settings › Technical › Automation Rules › New: name "${name}", model ${model}, trigger ${trigger}`,
      ...(fields.length > 0 ? [`    when updating: ${fields.join(', ')}`] : []),
      `    action "Send Webhook Notification" to ${webhookUrl(config).replace(/:[^:@/]+@/, ':<token>@')}, no fields`,
    );
  }
  for (const { title, code } of SERVER_ACTIONS) {
    lines.push(
      `- Settings › Technical › Server Actions › New: name "${title}", model res.partner, type "Execute Code":`,
      code,
    );
  }
  return lines;
}
