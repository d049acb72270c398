/** Fields whose value is worked out at each reading, and those that Odoo stores but works out itself. */
import { type Environment, tableOf } from './environment.ts';
import { SCHEMA } from './schema.ts';
import type { Row } from './tables.ts';

export function readComputed(env: Environment, model: string, field: string, row: Row): unknown {
  if (field === 'display_name') return displayName(env, model, row);
  if (field === 'model_name') return tableOf(env, 'ir.model').get(Number(row.model_id))?.model ?? null;
  if (field === 'commercial_partner_id') return commercialPartner(env, row).id;
  if (field === 'commercial_company_name') return commercialCompanyName(env, row);
  throw env.world.notCovered(`${model}.${field}`);
}

function displayName(env: Environment, model: string, row: Row): string {
  if (model === 'res.partner') return completeName(env, row);
  if (SCHEMA[model]?.fields.name) return String(row.name ?? '');
  return `${model},${row.id}`;
}

/** The company at the top: the one that holds the tax number for all persons below it. */
export function commercialPartner(env: Environment, row: Row): Row {
  const partners = tableOf(env, 'res.partner');
  let current = row;
  while (!current.is_company) {
    const parent = partners.get(Number(current.parent_id));
    if (!parent) break;
    current = parent;
  }
  return current;
}

function commercialCompanyName(env: Environment, row: Row): unknown {
  const commercial = commercialPartner(env, row);
  return (commercial.is_company && commercial.name) || (row.company_name ?? null);
}

const TYPE_NAMES: Readonly<Record<string, string>> = { invoice: 'Invoice', delivery: 'Delivery', other: 'Other' };

/** `School, Ada`: stored, so a renamed company writes to all its contacts. */
export function completeName(env: Environment, row: Row): string {
  let name = typeof row.name === 'string' ? row.name : '';
  if (row.company_name || row.parent_id) {
    if (!name) name = TYPE_NAMES[String(row.type)] ?? '';
    if (!row.is_company) {
      const company = commercialCompanyName(env, row) || tableOf(env, 'res.partner').get(Number(row.parent_id))?.name;
      name = `${company || 'False'}, ${name}`;
    }
  }
  return name.trim();
}

/** The first address in an e-mail field, in lower case; null when there is none. */
export function normalizeEmail(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const found = /[^\s<>",;]+@[^\s<>",;]+/.exec(value);
  return found ? found[0].toLowerCase() : null;
}
