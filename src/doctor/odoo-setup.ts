/** Whether what `bridge webhooks install` puts into Odoo is there and as it should be, and whether an event gets through. */
import { findFields } from '../backends/odoo/find-fields.ts';
import { isUsable, SERVER_ACTIONS, searchActions } from '../backends/odoo/server-actions.ts';
import type { SetupItem } from '../backends/odoo/setup-item.ts';
import { hasFeature } from '../backends/odoo/versions.ts';
import { applyAutomations } from '../backends/odoo/webhook-automations.ts';
import { webhookUrl } from '../backends/odoo/webhook-url.ts';
import { entities } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { testWebhook } from '../webhook-self-test.ts';
import { type Finding, fail, ok, type Probe, Unmet, warn } from './check.ts';
import { ODOO_ACCESS } from './odoo-checks.ts';

const INSTALL = 'Run "bridge webhooks install" as an administrator of Odoo.';
const POLLER_ALONE = 'This Odoo has no webhooks: the poller alone serves.';

const actions: Probe = {
  name: 'odoo_actions',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport } = await lab.odoo();
    const { cursors } = await lab.database();
    const searched = await searchActions(transport).catch((error: unknown) => {
      if (describeError(error).code !== 'access_denied') throw error;
      return new Map<string, number>();
    });
    const unusable: string[] = [];
    for (const { name, title } of SERVER_ACTIONS) {
      const id = (await cursors.read(`odoo:action:${name}`)) ?? searched.get(name);
      if (id === undefined || !(await isUsable(transport, name, Number(id)))) unusable.push(title);
    }
    if (unusable.length === 0)
      return ok('The server actions are there: a write is refused when the record has changed.');
    return warn(
      `Missing, altered or not for this user: ${unusable.join(', ')}. Without them an edit at the same instant may be overwritten.`,
      INSTALL,
    );
  },
};

const fields: Probe = {
  name: 'odoo_fields',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport } = await lab.odoo();
    const missing: string[] = [];
    for (const { collection, odoo } of entities) {
      const names = odoo.own?.fields.filter(({ relation }) => relation === undefined).map(({ name }) => name) ?? [];
      if (names.length === 0) continue;
      const known = await findFields(transport, odoo.model, names).catch((error: unknown) => {
        if (describeError(error).code !== 'missing_module') throw error;
        return null;
      });
      if (known !== null && names.some((name) => !known.has(name))) missing.push(collection);
    }
    if (missing.length === 0) return ok('The fields for what Odoo has no place for are there.');
    return warn(`Fields of the bridge are missing for: ${missing.join(', ')}. Their values stay in the app.`, INSTALL);
  },
};

const webhooks: Probe = {
  name: 'odoo_webhooks',
  needs: [...ODOO_ACCESS, 'BRIDGE_PUBLIC_URL', 'ODOO_WEBHOOK_TOKENS'],
  async look(lab) {
    const { transport, version } = await lab.odoo();
    if (!hasFeature(version, 'webhooks')) return ok(POLLER_ALONE);
    const target = { transport, webhookUrl: webhookUrl(lab.inspected.settings) };
    try {
      return describeDrift(await applyAutomations(target, entities, false));
    } catch (error) {
      const { code } = describeError(error);
      if (code === 'missing_module') return fail('Automation Rules is not installed in Odoo.', 'Install it in Apps.');
      if (code !== 'access_denied') throw error;
      return warn(
        'This user may not look at automations; odoo_webhook_round_trip tells whether an event gets through.',
        'To look all the same, run "bridge webhooks verify" with the key of an administrator.',
      );
    }
  },
};

function describeDrift(items: readonly SetupItem[]): Finding {
  const wrong = items.filter(({ state }) => state !== 'ok' && state !== 'skipped');
  if (wrong.length === 0) return ok('All automations are installed and as they should be.');
  const detail = wrong.map(({ name, state, drift }) => `${name} (${[state, ...(drift ?? [])].join(': ')})`).join('; ');
  const onlyExtra = wrong.every(({ state }) => state === 'extra');
  return onlyExtra ? warn(`${detail}.`, INSTALL) : fail(`${detail}.`, INSTALL);
}

const roundTrip: Probe = {
  name: 'odoo_webhook_round_trip',
  needs: [...ODOO_ACCESS, 'BRIDGE_PUBLIC_URL', 'ODOO_WEBHOOK_TOKENS'],
  async look(lab) {
    const { transport, version } = await lab.odoo();
    if (!hasFeature(version, 'webhooks')) return ok(POLLER_ALONE);
    const { db, cursors } = await lab.database();
    const publicUrl = lab.setting('BRIDGE_PUBLIC_URL');
    const patienceMs = Math.min(10_000, lab.timeoutMs / 2);
    const tried = await testWebhook({ transport, db, cursors, publicUrl, patienceMs }).catch((error: unknown) => {
      // Running the action takes the right to write contacts.
      if (describeError(error).code === 'access_denied') throw new Unmet('odoo_rights_contacts');
      throw error;
    });
    if (tried.state === 'ok') return ok(tried.detail);
    return (tried.state === 'failed' ? fail : warn)(tried.detail, tried.remedy ?? INSTALL);
  },
};

export const ODOO_SETUP: readonly Probe[] = [actions, fields, webhooks, roundTrip];
