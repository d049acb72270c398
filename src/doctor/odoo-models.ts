/** Whether Odoo has the apps that the mapping needs, and whether the bridge's user may do there what it must. */
import { askRight, type Right } from '../backends/odoo/ask-rights.ts';
import { findFields } from '../backends/odoo/find-fields.ts';
import { hasFeature } from '../backends/odoo/versions.ts';
import { entities } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { type Finding, fail, ok, type Probe, warn } from './check.ts';
import type { Connection } from './lab.ts';
import { ODOO_ACCESS } from './odoo-checks.ts';

/** By model: the Odoo app that brings it. */
const APPS: Readonly<Record<string, string>> = {
  'res.partner': 'Contacts',
  'product.template': 'Invoicing or Sales (products)',
  'crm.lead': 'CRM',
  'account.move': 'Invoicing',
  'ir.attachment': 'Base',
  'mailing.mailing': 'Email Marketing',
  'mailing.list': 'Email Marketing',
  'base.automation': 'Automation Rules',
};

const modules: Probe = {
  name: 'odoo_modules',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport, version } = await lab.odoo();
    // Whatever sends messages is looked for when there is one to send.
    const kept = entities.filter(({ odoo }) => odoo.courier === undefined);
    const models = [...new Set(kept.map(({ odoo }) => odoo.model))];
    const wanted = hasFeature(version, 'webhooks') ? [...models, 'base.automation'] : models;
    const lacking: string[] = [];
    for (const model of wanted) {
      const fields = needed(model);
      const missing = await findFields(transport, model, fields).then(
        (known) => fields.filter((name) => !known.has(name)),
        orMissing,
      );
      if (missing === null) lacking.push(`${model} (${APPS[model] ?? 'its app'})`);
      else if (missing.length > 0) lacking.push(`${missing.join(', ')} of ${model}`);
    }
    if (lacking.length === 0) return ok(`Odoo has all models and fields that the mapping needs: ${wanted.join(', ')}.`);
    return fail(
      `Odoo lacks: ${lacking.join('; ')}.`,
      'Install the Odoo apps that are named, in Apps (customer_rank and supplier_rank come with Invoicing). Without them these records are not synced.',
    );
  },
};

function needed(model: string): readonly string[] {
  const mapped = entities.filter(({ odoo }) => odoo.model === model);
  const fields = mapped.flatMap(({ odoo }) => odoo.fields.filter((name) => !odoo.optional?.includes(name)));
  return [...new Set(fields)];
}

function orMissing(error: unknown): null {
  if (describeError(error).code === 'missing_module') return null;
  throw error;
}

interface Rights {
  readonly name: string;
  /** Whose records need them. */
  readonly of: string;
  /** The group that gives all of them, as Odoo 19 names it, with its external id. */
  readonly group: string;
  readonly on: Readonly<Record<string, readonly Right[]>>;
}

const ALL: readonly Right[] = ['read', 'write', 'create'];

const RIGHTS: readonly Rights[] = [
  {
    name: 'odoo_rights_contacts',
    of: 'teachers, tenants and guests',
    group: 'Contact / Creation (base.group_partner_manager)',
    on: { 'res.partner': ALL, 'res.partner.category': ['read'] },
  },
  {
    name: 'odoo_rights_apartments',
    of: 'apartments',
    group: 'Products / Creation (product.group_product_manager; up to Odoo 16 Sales / Administrator)',
    on: { 'product.template': ALL, 'product.product': ['read'] },
  },
  {
    name: 'odoo_rights_travels',
    of: 'travels',
    group: 'Sales / User: All Documents (sales_team.group_sale_salesman_all_leads)',
    on: { 'crm.lead': ALL, 'crm.stage': ['read'], 'crm.lost.reason': ['read'], 'crm.lead.lost': ['create'] },
  },
  {
    name: 'odoo_rights_invoices',
    of: 'invoices',
    group: 'Invoicing (account.group_account_invoice)',
    on: {
      'account.move': ALL,
      'account.move.line': ALL,
      'account.move.reversal': ['create'],
      'account.tax': ['read'],
      'account.journal': ['read'],
    },
  },
  {
    name: 'odoo_rights_mailings',
    of: 'mailing lists and campaigns',
    group: 'Email Marketing / User (mass_mailing.group_mass_mailing_user)',
    on: {
      'mailing.list': ALL,
      'mailing.contact': [...ALL, 'unlink'],
      'mailing.mailing': ALL,
      'mail.blacklist': ['read'],
    },
  },
  {
    name: 'odoo_rights_documents',
    of: 'documents',
    group: 'Internal User (base.group_user)',
    on: { 'ir.attachment': [...ALL, 'unlink'] },
  },
];

function checkRights({ name, of, group, on }: Rights): Probe {
  return {
    name,
    needs: ODOO_ACCESS,
    async look(lab) {
      const odoo = await lab.odoo();
      const [first] = Object.keys(on);
      const refused: string[] = [];
      for (const [model, rights] of Object.entries(on)) {
        const answer = await refusals(odoo, model, rights).catch(orMissing);
        if (answer !== null) refused.push(...answer);
        else if (model === first) return notInstalled(model);
      }
      const all = Object.entries(on).map(([model, rights]) => `${model} (${rights.join(', ')})`);
      if (refused.length === 0) return ok(`The user has the rights that ${of} need: ${all.join('; ')}.`);
      return fail(
        refused.join(' '),
        `Give the Odoo user of the bridge the group ${group}, or another that Odoo names.`,
      );
    },
  };
}

/** Odoo's own words, once for each model: they name the groups. */
async function refusals({ transport, version }: Connection, model: string, rights: readonly Right[]) {
  const refused: Right[] = [];
  let words = '';
  for (const right of rights) {
    const refusal = await askRight(transport, version, model, right);
    if (refusal === null) continue;
    refused.push(right);
    // Whom to ask says the remedy. What is cut off is Odoo's, too.
    words = refusal.message.replace(/ Contact your administrator.*$/, '.').replace(/[^.]$/, '$&…');
  }
  return refused.length === 0 ? [] : [`No right to ${refused.join(', ')} ${model}. ${words}`];
}

function notInstalled(model: string): Finding {
  return warn(`Not looked at: Odoo has no model ${model} (see odoo_modules).`, 'Mend odoo_modules.');
}

export const ODOO_MODELS: readonly Probe[] = [modules, ...RIGHTS.map(checkRights)];
