/**
 * What Odoo does beside when a partner is written: a contact of type `contact` shares its address with its company
 * and all siblings, and a tax number is that of the company, in both directions.
 */
import { ADDRESS, normalize, type PartnerRow, type PartnerValues } from './partner-row.ts';

/** The rows as one transaction sees them. */
export interface PartnerTable {
  get(id: number): PartnerRow;
  /** Past the automations when silent: no webhook tells of it. */
  put(id: number, values: PartnerValues, silent: boolean): void;
  childrenOf(id: number): readonly PartnerRow[];
}

export function writePartner(table: PartnerTable, id: number, given: PartnerValues): void {
  const before = table.get(id);
  const values: PartnerValues = { ...normalize(given) };
  const parent = values.parent_id ? table.get(values.parent_id) : null;
  if (parent && !('lang' in values)) Object.assign(values, { lang: parent.lang || 'en_US' });
  table.put(id, values, false);
  const changed = new Set(
    Object.keys(values).filter((field) => field in before && differs(before, table.get(id), field)),
  );
  if (parent && changed.has('parent_id')) takeVat(table, id, parent);
  if (changed.has('parent_id') || changed.has('type')) takeAddress(table, id);
  giveUp(table, id, changed);
  giveDown(table, id, changed);
}

/** `load()` syncs its own way: the company's values come down, and an only child's address goes up to an empty company. */
export function settleLoaded(table: PartnerTable, id: number): void {
  const row = table.get(id);
  if (!row.parent_id) return;
  const parent = table.get(row.parent_id);
  table.put(id, { vat: parent.vat }, false);
  takeAddress(table, id);
  const own = addressOf(table.get(id));
  if (own && !addressOf(parent) && table.childrenOf(parent.id).length === 1) table.put(parent.id, own, true);
}

function takeVat(table: PartnerTable, id: number, parent: PartnerRow): void {
  table.put(id, { vat: parent.vat }, false);
}

function takeAddress(table: PartnerTable, id: number): void {
  const row = table.get(id);
  if (!row.parent_id || row.type !== 'contact') return;
  const address = addressOf(table.get(row.parent_id));
  if (address) table.put(id, address, true);
}

function giveUp(table: PartnerTable, id: number, changed: ReadonlySet<string>): void {
  const row = table.get(id);
  if (!row.parent_id) return;
  const parent = table.get(row.parent_id);
  const moved = changed.has('parent_id') || ADDRESS.some((field) => changed.has(field));
  const address = addressOf(row);
  if (row.type === 'contact' && moved && address && ADDRESS.some((field) => row[field] !== parent[field])) {
    writePartner(table, parent.id, address);
  }
  if (changed.has('vat') && row.vat && row.vat !== table.get(parent.id).vat)
    writePartner(table, parent.id, { vat: row.vat });
}

function giveDown(table: PartnerTable, id: number, changed: ReadonlySet<string>): void {
  const row = table.get(id);
  if (!row.is_company) return;
  const children = table.childrenOf(id).filter(({ active }) => active);
  for (const child of children) if (changed.has('vat')) table.put(child.id, { vat: row.vat }, false);
  const moved = ADDRESS.filter((field) => changed.has(field));
  if (moved.length === 0) return;
  const address = Object.fromEntries(moved.map((field) => [field, row[field]]));
  for (const child of children) if (child.type === 'contact') table.put(child.id, address, true);
}

function addressOf(row: PartnerRow): PartnerValues | null {
  if (!ADDRESS.some((field) => row[field])) return null;
  return Object.fromEntries(ADDRESS.map((field) => [field, row[field]]));
}

function differs(before: PartnerRow, after: PartnerRow, field: string): boolean {
  const [left, right] = [before[field as keyof PartnerRow], after[field as keyof PartnerRow]];
  return Array.isArray(left) ? left.join() !== String(right) : left !== right;
}
