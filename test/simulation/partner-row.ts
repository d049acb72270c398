/** A partner as Odoo's `read(load=None)` gives it, and the small tables that partners refer to. */
import type { OdooReferences } from '../../src/entities/define-entity.ts';
import { nothingKnown } from '../support/odoo-references.ts';

export interface PartnerRow {
  readonly id: number;
  readonly write_date: string;
  readonly create_date: string;
  readonly name: string | false;
  readonly email: string | false;
  readonly phone: string | false;
  readonly street: string | false;
  readonly street2: string | false;
  readonly zip: string | false;
  readonly city: string | false;
  readonly country_id: number | false;
  readonly vat: string | false;
  readonly lang: string | false;
  readonly comment: string | false;
  readonly active: boolean;
  readonly type: string;
  readonly is_company: boolean;
  readonly parent_id: number | false;
  readonly category_id: readonly number[];
  readonly customer_rank: number;
  readonly supplier_rank: number;
  /** Outside the mapping: the bridge must never touch it (I9). */
  readonly website: string | false;
}

export type PartnerValues = Partial<Omit<PartnerRow, 'id' | 'write_date' | 'create_date'>>;

export const ADDRESS = ['street', 'street2', 'zip', 'city', 'country_id'] as const;

export const EMPTY_PARTNER = {
  name: false,
  email: false,
  phone: false,
  street: false,
  street2: false,
  zip: false,
  city: false,
  country_id: false,
  vat: false,
  lang: 'en_US',
  comment: false,
  active: true,
  type: 'contact',
  is_company: false,
  parent_id: false,
  category_id: [],
  customer_rank: 0,
  supplier_rank: 0,
  website: false,
} as const satisfies PartnerValues;

export const TAGS: Readonly<Record<string, number>> = { teacher: 11, tenant: 12, guest: 13 };
const COUNTRIES: Readonly<Record<string, number>> = { FR: 75, DE: 57, AT: 12 };
const LANGUAGES: Readonly<Record<string, string>> = { en: 'en_US', 'en-us': 'en_US', fr: 'fr_FR', 'fr-fr': 'fr_FR' };
const codes = new Map(Object.entries(COUNTRIES).map(([code, id]) => [id, code]));

/** @param companies what is known of companies at the moment */
export function createReferences(companies: Pick<OdooReferences, 'companyName' | 'companyId'>): OdooReferences {
  return {
    ...nothingKnown,
    countryCode: (id) => codes.get(id) ?? null,
    countryId: (code) => COUNTRIES[code] ?? null,
    odooLanguage: (tag) => LANGUAGES[tag.toLowerCase()] ?? null,
    tagId: (entity) => TAGS[entity] ?? null,
    has: () => true,
    ...companies,
  };
}

/** What Odoo makes of values by itself, in the transaction that writes them. */
export function normalize(values: PartnerValues): PartnerValues {
  const { vat, phone } = values;
  if (!vat && !phone) return values;
  return {
    ...values,
    ...(vat && { vat: normalVat(vat) }),
    ...(phone && { phone: normalPhone(phone) }),
  };
}

export function normalVat(vat: string): string {
  return vat.replaceAll(' ', '').toUpperCase();
}

export function normalPhone(phone: string): string {
  return phone.replace(/ +/g, ' ');
}

/** UTC, cut to seconds. */
export function odooTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}
