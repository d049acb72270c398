/**
 * What Odoo 19 does beside when a partner is created or written. A contact and its parent share one address
 * (when the contact is of type `contact`) and one tax number; a change on either side goes to the other and from
 * there to all siblings.
 */
import { commercialPartner, completeName } from './computed-fields.ts';
import { type Environment, sudo, tableOf, type Values } from './environment.ts';
import { OdooError, validationError } from './odoo-errors.ts';
import { insertRow, rowOf, updateRow } from './records.ts';
import { ADDRESS_FIELDS, SCHEMA } from './schema.ts';
import { unknownField } from './search-rows.ts';
import type { Row } from './tables.ts';
import { normalizeVat } from './vat-rules.ts';

const MODEL = 'res.partner';
const partner = (env: Environment, id: number): Row => rowOf(env, MODEL, id);
const touchesAddress = (values: Values) => ADDRESS_FIELDS.some((field) => field in values);

export function createPartners(env: Environment, rows: readonly Values[], sync = true): number[] {
  const { defaults } = SCHEMA[MODEL] ?? { defaults: {} };
  const ids = rows.map((values) => {
    const id = insertRow(env, MODEL, values.parent_id ? { ...values, company_name: false } : values);
    settle(env, id, 'vat' in values || 'country_id' in values);
    if (!('lang' in values) && partner(env, id).parent_id) inheritLanguage(env, id);
    return id;
  });
  if (!sync) return ids;
  for (const [index, id] of ids.entries()) syncFields(env, id, { ...defaults, ...rows[index] });
  return ids;
}

export function writePartners(env: Environment, ids: readonly number[], values: Values): void {
  if (values.active === false) refuseLinkedUsers(env, ids, 'archive');
  for (const name of Object.keys(values)) {
    // Odoo looks at the old values first and trips over the unknown name there
    if (!SCHEMA[MODEL]?.fields[name]) {
      const error = unknownField(env, MODEL, name, '%');
      throw error.python === 'builtins.ValueError' ? new OdooError('builtins.KeyError', name) : error;
    }
  }
  const before = ids.map((id) => partner(env, id));
  const written = values.parent_id ? { ...values, company_name: false } : values;
  for (const id of ids) {
    updateRow(env, MODEL, id, written);
    if (values.parent_id && !('lang' in values)) inheritLanguage(env, id);
    settle(env, id, 'vat' in values || 'country_id' in values);
  }
  ids.forEach((id, index) => {
    const now = partner(env, id);
    const changed = Object.fromEntries(
      Object.entries(written).filter(([name]) => !same(now[name], before[index]?.[name])),
    );
    if (Object.keys(changed).length > 0) syncFields(env, id, changed);
  });
}

/** Constraints, the tax number in its country's form, and the stored names of the contacts below. */
function settle(env: Environment, id: number, vatToo: boolean): void {
  const row = partner(env, id);
  if (row.type === 'contact' && row.name === null) {
    throw validationError('The operation cannot be completed: Contacts require a name');
  }
  for (let above: Row | undefined = row, steps = 0; above?.parent_id; steps += 1) {
    if (above.parent_id === id || steps > 100) {
      throw validationError('You cannot create recursive Partner hierarchies.');
    }
    above = tableOf(env, MODEL).get(Number(above.parent_id));
  }
  if (vatToo && row.vat) {
    const country = tableOf(env, 'res.country').get(Number(commercialPartner(env, row).country_id));
    const vat = normalizeVat(row.vat as string, country?.code as string | undefined, String(row.name ?? ''));
    if (vat !== row.vat) env.transaction.put(tableOf(env, MODEL), { ...row, vat });
  }
  renameBelow(env, id);
}

function renameBelow(env: Environment, id: number): void {
  const table = tableOf(env, MODEL);
  for (const row of table.childrenOf(id)) {
    const name = completeName(env, row);
    if (name === row.complete_name) continue;
    const log = { write_uid: env.uid, write_date: env.transaction.stamp };
    env.transaction.put(table, { ...row, complete_name: name, ...log });
    renameBelow(env, row.id);
  }
}

function inheritLanguage(env: Environment, id: number): void {
  const row = partner(env, id);
  const parent = partner(env, Number(row.parent_id));
  env.transaction.put(tableOf(env, MODEL), { ...row, lang: parent.lang || env.context.lang || 'en_US' });
}

function syncFields(env: Environment, id: number, changed: Values): void {
  const { operations } = env.world;
  // from above: a new parent gives its tax number and, to a person of type `contact`, its address
  if (changed.parent_id) inheritCommercial(env, id);
  if (changed.parent_id || changed.type === 'contact') {
    const now = partner(env, id);
    if (now.parent_id && now.type === 'contact') {
      const address = addressOf(partner(env, Number(now.parent_id)));
      if (address) updateAddress(env, id, address);
    }
  }
  // upwards: the contact's own address and tax number become its parent's
  const row = partner(env, id);
  if (row.parent_id) {
    const parentId = Number(row.parent_id);
    const moved = touchesAddress(changed) || 'parent_id' in changed;
    if (row.type === 'contact' && moved && differs(row, partner(env, parentId), ADDRESS_FIELDS)) {
      operations.write(env, MODEL, [parentId], addressOf(row) ?? {});
    }
    const own = commercialPartner(env, row).id !== id && ('vat' in changed || 'parent_id' in changed);
    if (own && differs(row, partner(env, parentId), ['vat'])) {
      operations.write(env, MODEL, [parentId], row.vat ? { vat: row.vat } : {});
    }
  }
  syncChildren(env, id, changed);
}

function inheritCommercial(env: Environment, id: number): void {
  const commercial = commercialPartner(env, partner(env, id));
  if (commercial.id === id) return;
  // Odoo always has something to hand down here (accounts), so the record is written in any case
  env.world.operations.write(sudo(env), MODEL, [id], commercial.vat ? { vat: commercial.vat } : {});
  writeBelow(sudo(env), id, ['vat']);
}

/** Downwards: the tax number to all persons below, the address to the contacts right below. */
export function syncChildren(env: Environment, id: number, changed: Values): void {
  const children = childrenOf(env, id);
  if (children.length === 0) return;
  if (commercialPartner(env, partner(env, id)).id === id) writeBelow(sudo(env), id, 'vat' in changed ? ['vat'] : []);
  if (!touchesAddress(changed)) return;
  const now = partner(env, id);
  const address = Object.fromEntries(ADDRESS_FIELDS.filter((name) => name in changed).map((name) => [name, now[name]]));
  for (const child of children) if (child.type === 'contact') updateAddress(env, child.id, address);
}

/** Odoo writes to them even when it has nothing to write, which moves their write_date. */
function writeBelow(env: Environment, id: number, fields: readonly string[]): void {
  const commercial = commercialPartner(env, partner(env, id));
  const persons = childrenOf(env, id).filter((child) => !child.is_company);
  for (const child of persons) writeBelow(env, child.id, fields);
  const values = Object.fromEntries(fields.map((name) => [name, commercial[name]]));
  const ids = persons.map((child) => child.id);
  if (ids.length > 0) env.world.operations.write(env, MODEL, ids, values);
}

/** Past the rules and past the automations: no webhook tells of an address that came from the parent. */
function updateAddress(env: Environment, id: number, address: Values): void {
  updateRow(env, MODEL, id, address);
}

/** load() does half of the syncing its own way: see _load_records_create in Odoo's res_partner.py. */
export function createLoadedPartners(env: Environment, rows: readonly Values[]): number[] {
  const ids = env.world.operations.create({ ...env, context: { ...env.context, [SKIP_SYNC]: true } }, MODEL, rows);
  ids.forEach((id, index) => {
    const row = partner(env, id);
    const values: Record<string, unknown> = {};
    const commercial = commercialPartner(env, row);
    if (rows[index]?.parent_id && commercial.id !== id) values.vat = commercial.vat;
    if (row.parent_id && row.type === 'contact') Object.assign(values, filled(partner(env, Number(row.parent_id))));
    if (Object.keys(values).length > 0) env.world.operations.write(sudo(env), MODEL, [id], values);
  });
  ids.forEach((id, index) => {
    syncChildren(env, id, rows[index] ?? {});
    giveAddressToParent(env, id);
  });
  return ids;
}

export const SKIP_SYNC = '_partners_skip_fields_sync';

/** The first contact of a company without an address gives it its own, whatever its type. */
function giveAddressToParent(env: Environment, id: number): void {
  const row = partner(env, id);
  const parent = tableOf(env, MODEL).get(Number(row.parent_id));
  const address = addressOf(row);
  if (!parent || !address || addressOf(parent)) return;
  if (!parent.is_company && parent.parent_id) return;
  if (childrenOf(env, parent.id).length === 1) updateAddress(env, parent.id, address);
}

export function refuseLinkedUsers(env: Environment, ids: readonly number[], verb: 'archive' | 'delete'): void {
  const linked = [...tableOf(env, 'res.users').rows.values()].filter(
    (user) => user.active && ids.includes(Number(user.partner_id)),
  );
  if (linked.length === 0) return;
  const names = linked.map((user) => user.name).join(', ');
  const hint =
    verb === 'archive'
      ? 'You first need to archive their associated user.'
      : 'You should rather archive them after archiving their associated user.';
  const text = `You cannot ${verb} contacts linked to an active user.\n${hint}\n\nLinked active users : ${names}`;
  throw new OdooError('odoo.exceptions.RedirectWarning', text);
}

function childrenOf(env: Environment, id: number): readonly Row[] {
  return tableOf(env, MODEL)
    .childrenOf(id)
    .filter((row) => row.active);
}

/** All address fields when at least one is set, else nothing. */
function addressOf(row: Row): Values | null {
  if (!ADDRESS_FIELDS.some((name) => row[name])) return null;
  return Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, row[name] ?? false]));
}

function filled(row: Row): Values {
  return Object.fromEntries(ADDRESS_FIELDS.filter((name) => row[name]).map((name) => [name, row[name]]));
}

function differs(left: Row, right: Row, fields: readonly string[]): boolean {
  return fields.some((name) => !same(left[name], right[name]));
}

/** Odoo compares values as code sees them, where an empty text and none at all differ. */
function same(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return left.join() === right.join();
  return (left ?? null) === (right ?? null);
}
