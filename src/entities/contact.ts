/** What teachers, tenants and guests have in common: people of the app, partners (`res.partner`) in Odoo. */
import {
  foldExact,
  foldName,
  htmlToText,
  many2one,
  normalizeEmail,
  odooLanguageToTag,
  orFalse,
  sameLanguage,
  text,
  textToHtml,
} from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  type Entity,
  EXISTENCE,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
} from './define-entity.ts';

const ADDRESS = ['street', 'street2', 'zip', 'city', 'country'] as const;
const PLAIN = ['name', 'email', 'phone', 'street', 'street2', 'zip', 'city', 'vat'] as const;

interface ContactOptions {
  readonly name: string;
  readonly collection: string;
  /** What `type` means when the app leaves it empty. */
  readonly defaultType: 'customer' | 'none';
  /** Teachers belong to a school: a company partner that is their parent in Odoo. */
  readonly hasSchool: boolean;
}

export function defineContact(options: ContactOptions): Entity {
  const plainFields = [...PLAIN, 'country', 'language', 'notes', ...(options.hasSchool ? ['school'] : [])];

  function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
    const record: Record<string, FieldValue> = { active: fields.deleted_at == null };
    for (const field of plainFields) record[field] = text(fields[field]);
    record.type = text(fields.type) ?? options.defaultType;
    return record;
  }

  function decodeOdoo(row: OdooValues, references: OdooReferences): CanonicalRecord {
    const record: Record<string, FieldValue> = { active: row.active === true };
    for (const field of PLAIN) record[field] = text(row[field]);
    const country = many2one(row.country_id);
    record.country = country === null ? null : references.countryCode(country);
    record.language = odooLanguageToTag(row.lang);
    record.notes = references.has('htmlNotes') ? htmlToText(row.comment) : text(row.comment);
    record.type = rankType(row);
    if (options.hasSchool) {
      const parent = many2one(row.parent_id);
      record.school = parent === null ? null : references.companyName(parent);
    }
    return record;
  }

  function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
    const values: Record<string, unknown> = {};
    const deferred: string[] = [];
    const unheld: { field: string; reason: string }[] = [];
    for (const field of ['name', 'email', 'phone'] as const) {
      if (field in changes) values[field] = orFalse(changes[field]);
    }
    if ('active' in changes) values.active = changes.active;
    if ('notes' in changes) {
      values.comment = references.has('htmlNotes') ? textToHtml(changes.notes) : orFalse(text(changes.notes));
    }
    if ('language' in changes) encodeLanguage(changes.language, references, values, unheld);
    if ('type' in changes) encodeType(changes.type, row, values, unheld);
    const school = options.hasSchool && 'school' in changes ? (text(changes.school) ?? false) : undefined;
    if (school !== undefined) values.parent_id = school === false ? false : references.companyId(school);
    if (values.parent_id === null) throw new TypeError('a school must be made before a teacher is put into it');
    const isChild = school === undefined ? row !== null && many2one(row.parent_id) !== null : school !== false;
    // Odoo gives a child the tax number of its parent and writes a child's own up to the parent and its siblings.
    if ('vat' in changes && !isChild) values.vat = orFalse(changes.vat);
    if (isChild && changes.vat)
      unheld.push({ field: 'vat', reason: 'The tax number of a contact is that of its company in Odoo.' });
    if (school) {
      // Odoo would copy the school's address down, or this address up, to everyone of type `contact`.
      if (row === null || row.type === 'contact') values.type = 'other';
      // A new parent brings its own language along unless one is written with it.
      if (row !== null && !('lang' in values)) values.lang = row.lang;
      deferred.push(...ADDRESS.filter((field) => field in changes && (row !== null || changes[field] !== null)));
    } else {
      encodeAddress(changes, references, values, unheld);
      const movesAddress = ADDRESS.some((field) => field in changes);
      if (movesAddress && isChild && row?.type === 'contact') values.type = 'other';
    }
    return { values, deferred, unheld };
  }

  return defineEntity({
    name: options.name,
    collection: options.collection,
    revision: 1,
    groups: [
      ...['name', 'email', 'phone'].map(twoWay),
      { name: 'address', fields: ADDRESS, owner: 'both' },
      ...['vat', 'type', 'language', 'notes', ...(options.hasSchool ? ['school'] : [])].map(twoWay),
      EXISTENCE,
    ],
    app: { matchBy: 'email', decode: decodeApp, encode: ({ active: _existence, ...fields }) => fields },
    parents: () => [],
    odoo: {
      model: 'res.partner',
      membership: { kind: 'tag', field: 'category_id', tagModel: 'res.partner.category' },
      matchField: 'email_normalized',
      fields: [
        ...PLAIN,
        'country_id',
        'lang',
        'comment',
        'active',
        'type',
        'is_company',
        'parent_id',
        'category_id',
      ].concat('customer_rank', 'supplier_rank'),
      sources: {
        ...Object.fromEntries(PLAIN.map((field) => [field, [field]])),
        ...Object.fromEntries(ADDRESS.map((field) => [field, [field, 'type', 'parent_id']])),
        country: ['country_id', 'type', 'parent_id'],
        vat: ['vat', 'parent_id'],
        type: ['customer_rank', 'supplier_rank'],
        language: ['lang'],
        notes: ['comment'],
        school: ['parent_id', 'type'],
        active: ['active'],
      },
      decode: decodeOdoo,
      encode: encodeOdoo,
      onCreate: () => ({ is_company: false }),
      isCompany: (row) => row.is_company === true,
      ownedByOdoo: (row) => (many2one(row.parent_id) === null ? [] : ['vat']),
      shown: (field, written, row, before) => (field === 'type' ? withKeptRanks(written, row, before) : written),
      companies: (changes) => (options.hasSchool && text(changes.school) !== null ? [String(changes.school)] : []),
    },
    same(field, left, right) {
      if (field === 'school') return foldExact(left) === foldExact(right);
      if (field === 'language') return sameLanguage(left, right);
      return left === right;
    },
    isEmpty: (field, value) => value === null || (field === 'type' && value === 'none'),
    matchKey: (record) => normalizeEmail(record.email),
    matchName: (record) => foldName(record.name),
  });
}

function twoWay(name: string) {
  return { name, fields: [name], owner: 'both' } as const;
}

function rankType(row: OdooValues): string {
  return typeOf((role) => rankOf(row, role) > 0);
}

/** Odoo counts invoices in the ranks: a rank above 1 is Odoo's own and is never lowered. */
function withKeptRanks(type: FieldValue, row: OdooValues, before: FieldValue = 'both'): string {
  return typeOf((role) => includesRole(type, role) || (includesRole(before, role) && rankOf(row, role) > 1));
}

type Role = 'customer' | 'supplier';

function typeOf(has: (role: Role) => boolean): string {
  if (has('customer')) return has('supplier') ? 'both' : 'customer';
  return has('supplier') ? 'supplier' : 'none';
}

function includesRole(type: FieldValue | undefined, role: Role): boolean {
  return type === role || type === 'both';
}

function rankOf(row: OdooValues | null, role: Role): number {
  return Number(row?.[`${role}_rank`] ?? 0);
}

function encodeType(
  type: FieldValue | undefined,
  row: OdooValues | null,
  values: Record<string, unknown>,
  unheld: { field: string; reason: string }[],
): void {
  for (const role of ['customer', 'supplier'] as const) {
    const rank = rankOf(row, role);
    const wanted = includesRole(type, role);
    if (wanted && rank <= 0) values[`${role}_rank`] = 1;
    if (!wanted && rank === 1) values[`${role}_rank`] = 0;
    if (!wanted && rank > 1) {
      unheld.push({ field: 'type', reason: `Odoo has invoices of this ${role}; its ${role} rank is not lowered.` });
    }
  }
}

function encodeLanguage(
  tag: FieldValue | undefined,
  references: OdooReferences,
  values: Record<string, unknown>,
  unheld: { field: string; reason: string }[],
): void {
  if (typeof tag !== 'string') {
    values.lang = false;
    return;
  }
  const installed = references.odooLanguage(tag);
  if (installed !== null) values.lang = installed;
  else unheld.push({ field: 'language', reason: `The language ${tag} is not installed in Odoo.` });
}

function encodeAddress(
  changes: CanonicalChanges,
  references: OdooReferences,
  values: Record<string, unknown>,
  unheld: { field: string; reason: string }[],
): void {
  for (const field of ['street', 'street2', 'zip', 'city'] as const) {
    if (field in changes) values[field] = orFalse(changes[field]);
  }
  if (!('country' in changes)) return;
  const code = changes.country;
  const id = typeof code === 'string' ? references.countryId(code) : null;
  if (code === null || id !== null) values.country_id = id ?? false;
  else unheld.push({ field: 'country', reason: `Odoo does not know the country code ${String(code)}.` });
}
