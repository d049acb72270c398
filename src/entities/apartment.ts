/** Apartments: services in Odoo's catalogue (`product.template`) that carry the tag of apartments. */
import { orFalse, text } from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  EXISTENCE,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
} from './define-entity.ts';
import { amountOrNull, encodeMoney, sameCurrency } from './money.ts';

const ADDRESS = ['street', 'street2', 'zip', 'city', 'country'] as const;
const own = (field: string) => `x_bridge_${field}`;
const PRICE = { amount: 'price', currency: 'currency', odoo: 'list_price' };

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  const record: Record<string, FieldValue> = { active: fields.deleted_at == null && fields.active !== false };
  for (const field of ['name', 'reference', 'description', 'currency', ...ADDRESS]) record[field] = text(fields[field]);
  record.price = amountOrNull(fields.price);
  return record;
}

function encodeApp({ active: _existence, ...fields }: CanonicalChanges): Readonly<Record<string, unknown>> {
  return fields;
}

function decodeOdoo(row: OdooValues, references: OdooReferences): CanonicalRecord {
  const record: Record<string, FieldValue> = { active: row.active === true };
  record.name = text(row.name);
  record.reference = text(row.default_code);
  record.description = text(row.description_sale);
  record.price = amountOrNull(row.list_price);
  record.currency = references.companyCurrency();
  for (const field of ADDRESS) record[field] = text(row[own(field)]);
  return record;
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  const values: Record<string, unknown> = {};
  const unheld: { field: string; reason: string }[] = [];
  if ('name' in changes) values.name = orFalse(changes.name);
  if ('reference' in changes) values.default_code = orFalse(changes.reference);
  if ('description' in changes) values.description_sale = orFalse(changes.description);
  if ('active' in changes && (row !== null || changes.active === false)) values.active = changes.active;
  encodeMoney(PRICE, changes, references, values, unheld);
  for (const field of ADDRESS.filter((name) => name in changes)) {
    if (references.hasField('product.template', own(field))) values[own(field)] = orFalse(changes[field]);
    else if (changes[field] !== null) unheld.push({ field, reason: NO_FIELD });
  }
  return { values, deferred: [], unheld };
}

const NO_FIELD = 'Odoo has no field for it: "bridge webhooks install" adds one.';

export const apartment = defineEntity({
  name: 'apartment',
  collection: 'apartments',
  revision: 1,
  groups: [
    { name: 'name', fields: ['name'], owner: 'both' },
    { name: 'reference', fields: ['reference'], owner: 'app' },
    { name: 'description', fields: ['description'], owner: 'both' },
    { name: 'price', fields: ['price', 'currency'], owner: 'both' },
    { name: 'address', fields: ADDRESS, owner: 'app' },
    EXISTENCE,
  ],
  parents: () => [],
  app: { matchBy: 'reading', flag: 'active', decode: decodeApp, encode: encodeApp },
  odoo: {
    model: 'product.template',
    membership: { kind: 'tag', field: 'product_tag_ids', tagModel: 'product.tag' },
    own: {
      title: 'Apartment',
      form: 'product.product_template_form_view',
      fields: [
        { name: own('street'), label: 'Street', type: 'char' },
        { name: own('street2'), label: 'Street, second line', type: 'char' },
        { name: own('zip'), label: 'Postal code', type: 'char' },
        { name: own('city'), label: 'City', type: 'char' },
        { name: own('country'), label: 'Country code', type: 'char' },
      ],
    },
    matchField: 'default_code',
    fields: [
      'name',
      'default_code',
      'description_sale',
      'list_price',
      'active',
      'product_tag_ids',
      ...ADDRESS.map(own),
    ],
    // Tags of products came with Odoo 16.
    optional: ['product_tag_ids', ...ADDRESS.map(own)],
    tables: { 'res.currency': ['name'], 'res.company': ['currency_id'] },
    sources: {
      name: ['name'],
      reference: ['default_code'],
      description: ['description_sale'],
      price: ['list_price'],
      currency: [],
      active: ['active'],
      ...Object.fromEntries(ADDRESS.map((field) => [field, [own(field)]])),
    },
    decode: decodeOdoo,
    encode: encodeOdoo,
    onCreate: () => ({ type: 'service' }),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same: (field, left, right) => (field === 'currency' ? sameCurrency(left, right) : left === right),
  isEmpty: (_field, value) => value === null,
  matchKey: (record) => text(record.reference),
  matchName: (record) => text(record.name)?.toLocaleLowerCase('en') ?? '',
});
