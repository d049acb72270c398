/** What a mapped entity is: data and pure functions, no I/O. One file per entity beside this one. */

import type { ErrorDetail } from '../errors.ts';

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

/** What mappings have to know of Odoo's version. */
export type MappedFeature = 'htmlNotes' | 'lineKinds' | 'mailingSubscription' | 'refundMoves';

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
  /** Whether this Odoo's version has it; what no field tells. */
  has(feature: MappedFeature): boolean;
  /** Odoo id of the counterpart of an app record; null as long as it has none. */
  linkedId(entity: string, appId: string): number | null;
  /** App id of the record of that entity which is tied to an Odoo record; null when there is none. */
  linkedAppId(entity: string, odooId: number): string | null;
  /** Rows of a small table that the mapping names in `tables`, by ascending id. */
  rows(model: string): readonly OdooValues[];
  /** Whether this Odoo has the field: versions, apps and the set-up of the bridge differ. */
  hasField(model: string, field: string): boolean;
  /** ISO 4217 code of the currency that the company keeps its books in. */
  companyCurrency(): string | null;
  /** The company in which the bridge acts; null when it is not known. */
  ownCompanyId(): number | null;
  /** Code of the journal that invoices go to; null for the company's own choice. */
  readonly salesJournal: string | null;
  /** The variant (`product.product`) to sell of a product (`product.template`); null when it has none. */
  variantId(productId: number): number | null;
  productId(variantId: number): number | null;
}

/** What is needed to know which journal and which taxes invoices get. */
export type BookTables = Pick<OdooReferences, 'rows' | 'ownCompanyId'>;

/** A step of business that is a method in Odoo and not a value. */
export interface Transition {
  /** In a few words, for errors: `post`. */
  readonly name: string;
  /**
   * Done when this field flows to the app, before it is written there; left out: whenever something flows to Odoo.
   */
  readonly accompanies?: string;
  /** Another record that it is about (the travel of an invoice): its row is read beforehand. */
  about?(situation: Situation): Parent | null;
  /**
   * Whether it is to be done: what the app wants, and what Odoo holds. False again once it is done; so it is never done
   * twice, whatever became of the answer to an earlier call.
   */
  isDue(situation: Situation): boolean;
  /** Why it must not be done although it is due: the record is parked with this. */
  refuse?(situation: Situation): ErrorDetail | null;
  /** What is called: one transaction in Odoo. */
  call(situation: Situation): OdooMethod;
  /** What the record is known to hold after it, for plans; left out: only Odoo knows. */
  leaves?(situation: Situation): OdooValues;
}

/** What a step of business is judged by. */
export interface Situation {
  /** The app's record. */
  readonly wanted: CanonicalRecord;
  /** What of it flows to Odoo now (or, for a step that accompanies, to the app). */
  readonly changes: CanonicalChanges;
  /** The app's record as both sides last agreed on it; null as long as they never did. */
  readonly agreed: CanonicalRecord | null;
  /** The record as it is in Odoo. */
  readonly row: OdooValues;
  /** The other record that the step is about; null when there is none, or it has no counterpart. */
  readonly about: OdooValues | null;
  readonly references: OdooReferences;
}

/** A method of some records, or of a dialog that is filled in first. */
export interface OdooMethod {
  readonly model: string;
  readonly method: string;
  /** A server action of ours that does it instead, in one transaction that can have its effect only once. */
  readonly action?: 'launch_mailing';
  readonly ids?: readonly number[];
  /** Values of the dialog (a transient record), which is made first and then called. */
  readonly dialog?: OdooValues;
  readonly args?: OdooValues;
  readonly context?: OdooValues;
}

/** Records that hang on the entity's own: they are read with it. */
export interface Children {
  /** Some had another name in older versions. */
  readonly model: string | ((references: OdooReferences) => string);
  /** The field of theirs that points to the record. */
  readonly parent: string;
  readonly fields: readonly string[];
  /** Those of them that an Odoo may lack. */
  readonly optional?: readonly string[];
  domain?(references: OdooReferences): readonly (readonly [string, string, unknown])[];
  /** Fields that hold a variant of a product, with the entities whose records the products are. */
  readonly variants?: Readonly<Record<string, readonly string[]>>;
}

/** What to send to Odoo for some changes of one record. */
export interface OdooWrite {
  readonly values: OdooValues;
  /** By one2many field: the rows that are to hang on the record, in place of those that do. A list of ids is a many2many. */
  readonly lines?: Readonly<Record<string, readonly OdooValues[]>>;
  /** Why none of it can be sent: the record is parked with this. */
  readonly refused?: ErrorDetail | null;
  /** Changes that must wait for a pass of their own, after `values` is written. */
  readonly deferred: readonly string[];
  /** Bytes that the app hands out under this hash, to be written to this field (base64). */
  readonly bytes?: { readonly field: string; readonly sha256: string };
  /** Changes that Odoo cannot hold; they stay as they are there, with this reason on the link. */
  readonly unheld: readonly { readonly field: string; readonly reason: string }[];
}

/**
 * What makes an Odoo record one of the entity. `tag`: it carries the entity's own tag, in this field and of this model;
 * such records are created on either side. An Odoo that lacks the field has no such tags: then it is as with `linked`.
 * `linked`: it was made for a record of the app; others of its model are none of the bridge's business.
 */
export type Membership =
  | { readonly kind: 'tag'; readonly field: string; readonly tagModel: string }
  | { readonly kind: 'linked' };

/** A record of another entity that must have its counterpart before this one can be written. */
export interface Parent {
  readonly entity: string;
  readonly id: string;
}

/** As fields, and maps of people, name a record: `guest:42`. */
export const parentKey = ({ entity, id }: Parent): string => `${entity}:${id}`;

/** A field that the set-up adds to the model, for what Odoo has no place for. Its name begins with `x_bridge_`. */
export interface OwnField {
  readonly name: string;
  readonly label: string;
  readonly type: 'char' | 'text' | 'date' | 'integer' | 'many2one';
  /** The model that a many2one points to; where this Odoo lacks it, the field is left out. */
  readonly relation?: string;
}

/** Whom the record may make Odoo write to, and when; docs/adr/0012 says what is made sure of. */
export interface Sending {
  /** Whether making the record is sending it already; else a step of business sends it. */
  readonly byCreation: boolean;
  /** Whether these values of the app, about to flow to Odoo, make it send. */
  isDue(values: CanonicalChanges): boolean;
  /** Not before, in milliseconds; null for at once. */
  leavesAt(record: CanonicalRecord): number | null;
  /** Whether the app's record tells that Odoo has had it already. */
  wasHandedOver(record: CanonicalRecord): boolean;
  /** Lists of people that must be in Odoo as they are in the app before it is sent. */
  lists(record: CanonicalRecord): readonly Parent[];
}

/** A person as the app knows them. */
export interface Person {
  readonly name: string | null;
  readonly email: string | null;
}

export interface OdooMapping {
  readonly model: string;
  /** So much else happens in the model that Odoo shall not post each change of it: polls and sweeps serve. */
  readonly unwatched?: true;
  /** Shown in a box of this title in the form, whose view has that external id. */
  readonly own?: { readonly title: string; readonly form: string; readonly fields: readonly OwnField[] };
  /** The same for another model: the first of these that this Odoo has. Nothing is shown. */
  readonly ownElsewhere?: { readonly models: readonly string[]; readonly fields: readonly OwnField[] };
  /** Its records are not written but sent, by a module of Odoo that keeps them in its own way. */
  readonly courier?: 'whatsapp';
  /** The record is a list of people, and this field of the app tells who is on it. */
  readonly roster?: string;
  /** Whatever changes the record while its own stamp stays. */
  readonly stirredBy?: {
    /** Fields that hold the records whose stamp moves instead. */
    readonly paths: readonly string[];
    /** The path to addresses that Odoo's blacklist may come to hold. */
    readonly addresses?: string;
  };
  readonly membership: Membership;
  /** Fields to read, all that `decode` and the compare-and-set need; `optional` ones are left out where this Odoo lacks them. */
  readonly fields: readonly string[];
  /** Those whose change Odoo is to tell of; left out: all of them. */
  readonly triggers?: readonly string[];
  /** Those of the fields that an Odoo may lack: its version, its apps or the set-up of the bridge bring them. */
  readonly optional?: readonly string[];
  /** Fields by which records of other entities are referred to, with the entities they may be. */
  readonly links?: Readonly<Record<string, readonly string[]>>;
  /** By the name under which decoding finds the rows in the record. */
  readonly children?: Readonly<Record<string, Children>>;
  /** Fields of the app that Odoo does not hold: they tell it what to do, and are never read back. */
  readonly signals?: readonly string[];
  /** In the order in which they follow each other. */
  readonly transitions?: readonly Transition[];
  /** Whether the record has done its service, so that the app's needs another one (a reversed invoice). */
  isSpent?(situation: Situation): boolean;
  /** Small tables to know (stages, taxes), with the fields that are needed of them. */
  readonly tables?: Readonly<Record<string, readonly string[]>>;
  /** The field in which Odoo is searched for match keys; null for an entity that is never matched. */
  readonly matchField: string | null;
  /** Which of the fields a canonical field depends on: what the compare-and-set expects unchanged. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  decode(row: OdooValues, references: OdooReferences): CanonicalRecord;
  /** `row` is the record as last read, null for a record to be created. */
  encode(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite;
  /** Values a new record is born with beside the encoded ones and its tag. */
  onCreate(references: OdooReferences): OdooValues;
  /** Matching never joins a person to a company. */
  isCompany(row: OdooValues): boolean;
  /** Groups that Odoo itself governs on this record, whatever the entity says of them. */
  ownedByOdoo(row: OdooValues): readonly string[];
  /**
   * What Odoo shows of a value that was written to this row, where it keeps something of its own; left out: the value.
   * @param before what it showed until then: it has kept no more than that
   */
  shown?(field: string, written: FieldValue, row: OdooValues, before?: FieldValue): FieldValue;
  /** Names of the companies that must exist before these changes can be written. */
  companies(changes: CanonicalChanges): readonly string[];
}

export interface AppMapping {
  /** How the app is searched for match keys: by e-mail, as the contract offers, or by reading all of the collection. */
  readonly matchBy: 'email' | 'reading';
  /** A flag of the record that says whether it is in use, beside its deletion; then that is what Odoo's archiving sets. */
  readonly flag?: string;
  /** People that the record refers to and whose values it holds: they are read with it. */
  people?(fields: Readonly<Record<string, unknown>>): readonly Parent[];
  /** @param people by `entity:id`, those in use; without them fields that need them are left out */
  decode(fields: Readonly<Record<string, unknown>>, people?: ReadonlyMap<string, Person> | null): CanonicalRecord;
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
  /** Of what the app alone says whether it exists: a person is asked before what Odoo deleted is made anew there. */
  readonly asksToRenew?: true;
  /** Left out: nobody is ever written to because of it. */
  readonly sends?: Sending;
  /** Whether a record of the app has to be in Odoo at all; left out: always. */
  isWanted?(values: CanonicalRecord): boolean;
  /** What must exist on the other side before these values of the app can be written there. */
  parents(values: CanonicalChanges): readonly Parent[];
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
