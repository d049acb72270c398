/** Contacts (`res.partner`) as typed calls, for programs that want Odoo without the bridge: docs/odoo-client.md. */
import { z } from 'zod';
import { parseInput } from '../endpoint-input.ts';
import { link, newLink, newText, recordId, text } from '../endpoint-values.ts';
import type { Domain, OdooChanges, OdooClient, SearchOptions, WriteOptions } from '../odoo-client.ts';

const MODEL = 'res.partner';

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
  /** Id in `res.country`. */
  country_id: link,
  /** Tax number; that of a person with a company is the company's. */
  vat: text,
  /** Language, as Odoo names it: `fr_FR`. */
  lang: text,
  /** Id of the company that a person belongs to. */
  parent_id: link,
  is_company: z.boolean(),
  active: z.boolean(),
  /** UTC, cut to seconds: `2026-11-23 10:49:53`. */
  write_date: z.string(),
});

const contactChanges = z.strictObject({
  name: newText,
  email: newText,
  phone: newText,
  street: newText,
  street2: newText,
  zip: newText,
  city: newText,
  country_id: newLink,
  vat: newText,
  /** Must be installed in Odoo. */
  lang: newText,
  parent_id: newLink,
  is_company: z.boolean().exactOptional(),
});
const newContact = contactChanges.extend({ name: z.string().min(1) });

export type Contact = Readonly<z.output<typeof contactRow>>;
/**
 * What may be written; null empties a field, one left out stays as it is. Odoo may store a value in another form (a tax
 * number without its blanks). With a `parent_id` the contact also gets `type` other: one of `type` contact shares the
 * company's address, and a street written to it would become that of the company and of all its people.
 */
export type ContactChanges = Readonly<z.input<typeof contactChanges>>;
export type NewContact = Readonly<z.input<typeof newContact>>;

/**
 * Creates a contact that counts as a customer (`customer_rank`, which the app Invoicing brings).
 * @returns its id
 * @throws SetupError `missing_field` when Invoicing is not installed, and what `createContact` throws
 */
export async function createCustomer(odoo: OdooClient, contact: NewContact, options?: WriteOptions): Promise<number> {
  return createOne(odoo, { ...parseInput(newContact, contact), customer_rank: 1 }, options);
}

/**
 * Creates a contact. It is not looked whether there is one already: see `findContactsByEmail`.
 * @returns its id
 * @throws TerminalError `invalid_input` or `unstorable_value`, naming the field, before anything is sent;
 *   TerminalError `refused_by_odoo` with Odoo's words
 */
export async function createContact(odoo: OdooClient, contact: NewContact, options?: WriteOptions): Promise<number> {
  return createOne(odoo, parseInput(newContact, contact), options);
}

/** @throws TerminalError `missing_record` when it was deleted, and what `createContact` throws */
export async function updateContact(
  odoo: OdooClient,
  id: number,
  changes: ContactChanges,
  options?: WriteOptions,
): Promise<void> {
  const values = withOwnAddress(parseInput(contactChanges, changes));
  await odoo.write(MODEL, [parseInput(recordId, id)], values, options);
}

/**
 * All contacts with this e-mail address, archived ones too, the oldest first: several people may share a mailbox.
 * Capitals do not matter, nor does a name before the stored address. None for a text that is no address.
 */
export async function findContactsByEmail(odoo: OdooClient, email: string): Promise<readonly Contact[]> {
  const address = email.trim().toLowerCase();
  // An empty one would find whoever has none.
  if (!address.includes('@')) return [];
  return odoo.searchRead(MODEL, contactRow, [['email_normalized', '=', address]], { archived: true });
}

/** Archived or not. @returns null when it does not exist or the user may not see it */
export async function findContactById(odoo: OdooClient, id: number): Promise<Contact | null> {
  const [contact] = await odoo.read(MODEL, contactRow, [parseInput(recordId, id)]);
  return contact ?? null;
}

/**
 * All contacts that fit, by ascending id, held in memory at once.
 * @param options `domain` is Odoo's condition (`[['is_company', '=', true]]`), none by default
 */
export function listContacts(
  odoo: OdooClient,
  { domain = [], ...options }: SearchOptions & { readonly domain?: Domain } = {},
): Promise<readonly Contact[]> {
  return odoo.searchRead(MODEL, contactRow, domain, options);
}

/**
 * Hides it from lists and searches; the other calls still reach it by its id.
 * @throws TerminalError `refused_by_odoo` for the contact of an active user, `missing_record` when it was deleted
 */
export async function archiveContact(odoo: OdooClient, id: number, options?: WriteOptions): Promise<void> {
  await odoo.archive(MODEL, [parseInput(recordId, id)], options);
}

/** @throws TerminalError `missing_record` when it was deleted */
export async function restoreContact(odoo: OdooClient, id: number, options?: WriteOptions): Promise<void> {
  await odoo.restore(MODEL, [parseInput(recordId, id)], options);
}

async function createOne(odoo: OdooClient, values: OdooChanges, options?: WriteOptions): Promise<number> {
  const [id] = await odoo.create(MODEL, [withOwnAddress(values)], options);
  return id as number;
}

function withOwnAddress(values: OdooChanges): OdooChanges {
  return values.parent_id ? { ...values, type: 'other' } : values;
}
