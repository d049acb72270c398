/** What a mapped entity is: data and pure functions, no I/O. One file per entity beside this one. */

export type Side = 'app' | 'odoo';
export type Owner = Side | 'both';
export type FieldValue = string | number | boolean | null;

/** The fields of an entity in one typed form, the same for both sides. `active` is always among them. */
export type CanonicalRecord = Readonly<Record<string, FieldValue>>;
/** Some fields of a canonical record. */
export type CanonicalChanges = Readonly<Record<string, FieldValue>>;

/** A field that is left out of a record is empty. */
export function readField(record: CanonicalRecord, field: string): FieldValue {
  return record[field] ?? null;
}

/** Fields that only make sense together win or lose together. */
export interface FieldGroup {
  readonly name: string;
  readonly fields: readonly string[];
  readonly owner: Owner;
}

/** Raw values as Odoo's `read(load=None)` gives them and `write` takes them. */
export type OdooValues = Readonly<Record<string, unknown>>;

/** Lookups that decoding and encoding need; the Odoo backend loads them in bulk beforehand. */
export interface OdooReferences {
  /** ISO 3166-1 alpha-2, upper case, or null when Odoo does not know the id. */
  countryCode(id: number): string | null;
  countryId(code: string): number | null;
  /** The installed Odoo language for a BCP 47 tag (`fr` finds `fr_FR`), or null. */
  odooLanguage(tag: string): string | null;
  /** Id of the contact tag of an entity. */
  tagId(entity: string): number | null;
  /** Name of a company partner, or null when it is unknown. */
  companyName(id: number): string | null;
  companyId(name: string): number | null;
  /** Whether `comment` of a contact is HTML in this Odoo, or plain text. */
  readonly commentIsHtml: boolean;
}

/** What to send to Odoo for some changes of one record. */
export interface OdooWrite {
  readonly values: OdooValues;
  /** Changes that must wait for a pass of their own, after `values` is written. */
  readonly deferred: readonly string[];
  /** Changes that Odoo cannot hold; they stay as they are there, with this reason on the link. */
  readonly unheld: readonly { readonly field: string; readonly reason: string }[];
}

export interface OdooMapping {
  readonly model: string;
  /** Fields to read, all that `decode` and the compare-and-set need. */
  readonly fields: readonly string[];
  /** Which of the fields a canonical field depends on: what the compare-and-set expects unchanged. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  decode(row: OdooValues, references: OdooReferences): CanonicalRecord;
  /** `row` is the record as last read, null for a record to be created. */
  encode(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite;
  /** Values a new record is born with beside the encoded ones; `tags` is the id of its contact tag. */
  onCreate(references: OdooReferences): OdooValues & { readonly tags?: number | null };
  /** Whether the record carries what makes it one of this entity (its contact tag). */
  inScope(row: OdooValues, references: OdooReferences): boolean;
  /** Matching never joins a person to a company. */
  isCompany(row: OdooValues): boolean;
  /** Groups that Odoo itself governs on this record, whatever the entity says of them. */
  ownedByOdoo(row: OdooValues): readonly string[];
  /** Names of the companies that must exist before these changes can be written. */
  companies(changes: CanonicalChanges): readonly string[];
}

export interface AppMapping {
  decode(fields: Readonly<Record<string, unknown>>): CanonicalRecord;
  encode(changes: CanonicalChanges): Readonly<Record<string, unknown>>;
}

export interface Entity {
  /** As in webhook types: `teacher`. */
  readonly name: string;
  /** As in the app's URLs: `teachers`. */
  readonly collection: string;
  /** To be raised whenever a helper of `decode` or `encode` changes what they give for the same record. */
  readonly revision: number;
  readonly groups: readonly FieldGroup[];
  readonly app: AppMapping;
  readonly odoo: OdooMapping;
  /** Equality of one field across the sides where they may spell it differently. */
  same(field: string, left: FieldValue, right: FieldValue): boolean;
  /** An empty value gives way to the other side's when two records are first matched. */
  isEmpty(field: string, value: FieldValue): boolean;
  /** Identity for matching (never for overwriting); null when the record has none. */
  matchKey(record: CanonicalRecord): string | null;
  matchName(record: CanonicalRecord): string;
}

/** The existence group: archived or not. Every entity has it. */
export const EXISTENCE: FieldGroup = { name: 'active', fields: ['active'], owner: 'both' };

export function defineEntity(entity: Entity): Entity {
  return Object.freeze(entity);
}
