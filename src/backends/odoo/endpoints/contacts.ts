/** Contacts (`res.partner`) as typed calls, for programs that want Odoo without the bridge. */
import { z } from 'zod';
import type { OdooChanges, OdooClient, WriteOptions } from '../odoo-client.ts';

const MODEL = 'res.partner';

/** Odoo's `false` and the empty text are null. */
const text = z.union([z.string(), z.literal(false)]).transform((value) => value || null);
const link = z.union([z.int(), z.literal(false)]).transform((value) => value || null);

/** What is read of a contact. These fields exist in Odoo 14 to 19, without any further app. */
const contactRow = z.object({
  id: z.int(),
  /** Empty for an address without a name of its own. */
  name: text,
  email: text,
  phone: text,
  street: text,
  street2: text,
  zip: text,
  city: text,
  country_id: link,
  vat: text,
  /** Installed language, `fr_FR`. */
  lang: text,
  /** Company that a person belongs to. */
  parent_id: link,
  is_company: z.boolean(),
  active: z.boolean(),
  /** UTC, cut to seconds: `2026-11-23 10:49:53`. */
  write_date: z.string(),
});

export type Contact = z.output<typeof contactRow>;

/** What may be written; null empties a field. Odoo may store a value in another form (a tax number without its blanks). */
export type ContactChanges = Partial<Omit<Contact, 'id' | 'write_date' | 'active'>>;
export type NewContact = ContactChanges & { readonly name: string };

/**
 * Creates a contact that counts as a customer (`customer_rank`, which the app Invoicing brings).
 * @returns its id
 * @throws SetupError `missing_field` when Invoicing is not installed; TerminalError `refused_by_odoo` in Odoo's words
 */
export function createCustomer(odoo: OdooClient, contact: NewContact, options?: WriteOptions): Promise<number> {
  return createOne(odoo, { ...contact, customer_rank: 1 }, options);
}

/**
 * Creates a contact. It is not looked whether there is one already: see `findByEmail`.
 * @returns its id
 * @throws TerminalError `refused_by_odoo` in Odoo's words, `unstorable_value` naming the field
 */
export function createContact(odoo: OdooClient, contact: NewContact, options?: WriteOptions): Promise<number> {
  return createOne(odoo, contact, options);
}

/** @throws TerminalError `missing_record` when it was deleted, `refused_by_odoo` in Odoo's words */
export function updateContact(
  odoo: OdooClient,
  id: number,
  changes: ContactChanges,
  options?: WriteOptions,
): Promise<void> {
  return odoo.write(MODEL, [id], withOwnAddress(changes), options);
}

/** All contacts with this e-mail address, archived ones too, the oldest first; capitals and a name before it do not matter. */
export function findByEmail(odoo: OdooClient, email: string): Promise<readonly Contact[]> {
  return odoo.searchRead(MODEL, contactRow, [['email_normalized', '=', email.trim().toLowerCase()]]);
}

/** @returns null when it does not exist or the user may not see it */
export async function findById(odoo: OdooClient, id: number): Promise<Contact | null> {
  const [contact] = await odoo.read(MODEL, contactRow, [id]);
  return contact ?? null;
}

/** Hides it from lists and searches; `updateContact` still reaches it. A contact of an active user is refused. */
export function archiveContact(odoo: OdooClient, id: number, options?: WriteOptions): Promise<void> {
  return odoo.write(MODEL, [id], { active: false }, options);
}

async function createOne(odoo: OdooClient, values: OdooChanges, options?: WriteOptions): Promise<number> {
  const [id] = await odoo.create(MODEL, [withOwnAddress(values)], options);
  return id as number;
}

/**
 * A person of `type` contact shares the address of the company: Odoo would write the street of one up to the company
 * and down to all colleagues.
 */
function withOwnAddress(values: OdooChanges): OdooChanges {
  return values.parent_id ? { ...values, type: 'other' } : values;
}
