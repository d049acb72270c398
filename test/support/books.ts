/** A company's accounting as the mapping of invoices sees it: taxes, currencies, journals, and who is linked to what. */
import type { OdooReferences, OdooValues } from '../../src/entities/define-entity.ts';
import { nothingKnown } from './odoo-references.ts';

const tax = (id: number, amount: number, more: OdooValues = {}): OdooValues => ({
  id,
  amount,
  amount_type: 'percent',
  type_tax_use: 'sale',
  price_include: false,
  sequence: 10,
  active: true,
  company_id: 1,
  ...more,
});

/** In order of their ids, as Odoo lists them. */
const TABLES: Readonly<Record<string, readonly OdooValues[]>> = {
  'account.tax': [
    tax(1, 20, { sequence: 5 }),
    tax(2, 20, { sequence: 9 }),
    tax(3, 10, { active: false }),
    tax(4, 5.5, { sequence: 20 }),
    tax(5, 5.5, { sequence: 19 }),
    tax(6, 8.5, { price_include: true }),
    tax(7, 2.1, { type_tax_use: 'purchase' }),
    tax(8, 3, { amount_type: 'fixed' }),
    tax(9, 7, { company_id: 3 }),
    tax(10, 0),
    tax(11, 4, { company_id: 2 }),
  ],
  // The company is a branch of number 2.
  'res.company': [
    { id: 1, account_sale_tax_id: 2, parent_id: 2, currency_id: 1 },
    { id: 2, account_sale_tax_id: false, parent_id: false, currency_id: 1 },
  ],
  'res.currency': [
    { id: 1, name: 'EUR', active: true },
    { id: 2, name: 'USD', active: true },
    { id: 3, name: 'CHF', active: false },
  ],
  'account.journal': [
    { id: 1, code: 'INV', type: 'sale', company_id: 1 },
    { id: 2, code: 'TRIPS', type: 'sale', company_id: 1 },
    { id: 3, code: 'BANK', type: 'bank', company_id: 1 },
    { id: 4, code: 'OTHER', type: 'sale', company_id: 3 },
  ],
  'crm.stage': [
    { id: 1, is_won: false },
    { id: 4, is_won: true },
  ],
};

const LINKED: Readonly<Record<string, number>> = {
  'teacher:7': 70,
  'guest:8': 70,
  'tenant:9': 90,
  'apartment:a': 40,
  'apartment:none': 41,
  'travel:5': 50,
};

export const books: OdooReferences = {
  ...nothingKnown,
  rows: (model) => TABLES[model] ?? [],
  ownCompanyId: () => 1,
  companyCurrency: () => 'EUR',
  linkedId: (entity, id) => LINKED[`${entity}:${id}`] ?? null,
  linkedAppId(entity, id) {
    const [key] = Object.entries(LINKED).find(([name, held]) => name.startsWith(`${entity}:`) && held === id) ?? [];
    return key?.slice(entity.length + 1) ?? null;
  },
  variantId: (product) => (product === 40 ? 400 : null),
  productId: (variant) => (variant === 400 ? 40 : null),
};
