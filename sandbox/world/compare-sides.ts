/**
 * Reads both sides whole, as people see them, and compares them field by field. On purpose with none of the bridge's
 * own code: a mistake there must not hide itself here.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AppPerson, Fields, OdooPerson, Partner } from '../people/people.ts';

const COLLECTIONS = [
  { collection: 'teachers', tag: 'Teacher', defaultType: 'customer' },
  { collection: 'tenants', tag: 'Tenant', defaultType: 'none' },
  { collection: 'guests', tag: 'Guest', defaultType: 'none' },
] as const;
const SAME_NAME = ['email', 'phone', 'street', 'street2', 'zip', 'city', 'vat'] as const;

/** One person in one collection, found once on each side. */
export interface Couple {
  readonly collection: string;
  readonly name: string;
  readonly appId: string;
  readonly partnerId: number;
  /** As the app has them. */
  readonly values: Fields;
  /** One sentence for each field that differs. */
  readonly differences: readonly string[];
}

export interface Unpaired {
  readonly collection: string;
  readonly name: string;
  readonly appIds: readonly string[];
  readonly partnerIds: readonly number[];
  /** Wherever they are, they are archived. */
  readonly isArchived: boolean;
  /** One sentence. */
  readonly what: string;
}

export interface Comparison {
  readonly couples: readonly Couple[];
  /** Who is not once on both sides. */
  readonly unpaired: readonly Unpaired[];
  /** How many couples there are. */
  readonly pairs: number;
  /** All that is not equal, one sentence each. */
  readonly differences: readonly string[];
}

/** @param mark only those whose name ends with it: an Odoo that others use knows more people */
export async function compareSides(app: AppPerson, odoo: OdooPerson, mark: string): Promise<Comparison> {
  const [countries, schools] = await Promise.all([readNames(odoo, 'res.country', 'code'), readSchools(odoo)]);
  const couples: Couple[] = [];
  const unpaired: Unpaired[] = [];
  for (const { collection, tag, defaultType } of COLLECTIONS) {
    const tagId = await odoo.tagId(tag);
    const [records, partners] = await Promise.all([app.all(collection), odoo.search([['category_id', 'in', [tagId]]])]);
    const teaches = collection === 'teachers';
    const [left, right] = [byName(records, mark), byName(partners, mark)];
    for (const name of new Set([...left.keys(), ...right.keys()])) {
      const [inApp = [], inOdoo = []] = [left.get(name), right.get(name)];
      const [record, partner] = [inApp[0], inOdoo[0] as Partner | undefined];
      if (record && partner && inApp.length === 1 && inOdoo.length === 1) {
        const [ours, theirs] = [
          fromApp(record, defaultType, teaches),
          fromOdoo(partner, countries, schools, teaches),
        ] as const;
        const differences = differ(name, ours, theirs);
        const ids = { appId: String(record.id), partnerId: partner.id };
        couples.push({ collection, name, ...ids, values: ours, differences });
      } else {
        const what = `${name} is ${inApp.length} times in the app, ${inOdoo.length} times in Odoo`;
        const ids = { appIds: inApp.map(({ id }) => String(id)), partnerIds: inOdoo.map(({ id }) => Number(id)) };
        const isArchived =
          inApp.every(({ deleted_at }) => deleted_at !== null) && inOdoo.every(({ active }) => active !== true);
        unpaired.push({ collection, name, ...ids, isArchived, what });
      }
    }
  }
  const differences = [...unpaired.map(({ what }) => what), ...couples.flatMap((couple) => couple.differences)];
  return { couples, unpaired, pairs: couples.length, differences };
}

function byName(rows: readonly Fields[], mark: string): ReadonlyMap<string, Fields[]> {
  return Map.groupBy(
    rows.filter(({ name }) => String(name).endsWith(mark)),
    ({ name }) => String(name),
  );
}

function differ(name: string, inApp: Fields, inOdoo: Fields): readonly string[] {
  return Object.keys(inApp)
    .filter((field) => !isDeepStrictEqual(inApp[field], inOdoo[field]))
    .map((field) => `${name}: ${field} is ${show(inApp[field])} in the app, ${show(inOdoo[field])} in Odoo`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function fromApp(record: Fields, defaultType: string, teaches: boolean): Fields {
  return {
    ...Object.fromEntries(SAME_NAME.map((field) => [field, record[field]])),
    country: record.country,
    language: record.language,
    notes: record.notes,
    type: record.type ?? defaultType,
    ...(teaches && { school: record.school }),
    archived: record.deleted_at !== null,
  };
}

function fromOdoo(
  partner: Partner,
  countries: ReadonlyMap<unknown, unknown>,
  schools: ReadonlyMap<unknown, unknown>,
  teaches: boolean,
): Fields {
  const [customer, supplier] = [Number(partner.customer_rank) > 0, Number(partner.supplier_rank) > 0];
  return {
    ...Object.fromEntries(SAME_NAME.map((field) => [field, partner[field] || null])),
    country: countries.get(partner.country_id) ?? null,
    language: partner.lang ? String(partner.lang).replace('_', '-') : null,
    notes: readText(partner.comment),
    type: customer && supplier ? 'both' : customer ? 'customer' : supplier ? 'supplier' : 'none',
    ...(teaches && { school: schools.get(partner.parent_id) ?? null }),
    archived: partner.active !== true,
  };
}

/** Enough for the notes of the story. */
function readText(html: unknown): string | null {
  const text = String(html || '')
    .replace(/<br\s*\/?>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
  return text === '' ? null : text;
}

async function readNames(odoo: OdooPerson, model: string, field: string): Promise<ReadonlyMap<unknown, unknown>> {
  const rows = (await odoo.call(model, 'search_read', { domain: [], fields: [field] })) as Fields[];
  return new Map(rows.map((row) => [row.id, row[field]]));
}

async function readSchools(odoo: OdooPerson): Promise<ReadonlyMap<unknown, unknown>> {
  const companies = await odoo.search([['is_company', '=', true]]);
  return new Map(companies.map(({ id, name }) => [id, name]));
}
