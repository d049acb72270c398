/** Mailing lists and who is on them, as typed calls: docs/odoo-client.md. */
import { z } from 'zod';
import { SetupError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { recordId, text } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import type { OdooClient } from '../odoo-client.ts';

const CONTACT = 'mailing.contact';
/** Addresses, and new contacts, in one call. */
const AT_ONCE = 500;

const memberShape = z.strictObject({
  email: z
    .string()
    .trim()
    .regex(/^[^\s@]+@[^\s@]+$/),
  name: z.string().exactOptional(),
});
const contactRow = z.object({ id: z.int(), email_normalized: text, list_ids: z.array(z.int()) });
const subscriptionRow = z.object({ id: z.int(), contact_id: z.int(), opt_out: z.boolean() });

export type ListMember = Readonly<z.input<typeof memberShape>>;

export interface Subscription {
  /** Id in `mailing.contact`. */
  readonly contact_id: number;
  /** Lower case; null for an address that Odoo cannot read. */
  readonly email: string | null;
  /** Does not want mails of this list any more. */
  readonly opt_out: boolean;
}

/** @returns its id. Two calls make two lists */
export async function createMailingList(odoo: OdooClient, name: string): Promise<number> {
  const [id] = await odoo.create('mailing.list', [{ name: parseInput(z.string().min(1), name) }]);
  return id as number;
}

/**
 * Puts addresses on a list, in bulk. Each is there once, however it is written; who is known already is not made a
 * second time, and who has opted out of the list stays out.
 * @returns how many contacts were created and put on the list, known and put on it, or on it before
 * @throws TerminalError `invalid_input` before anything is sent
 */
export async function addContactsToList(
  odoo: OdooClient,
  listId: number,
  members: readonly ListMember[],
): Promise<{ readonly created: number; readonly added: number; readonly already: number }> {
  const list = parseInput(recordId, listId);
  const wanted = new Map<string, { email: string; name?: string }>();
  for (const member of members) {
    const { email, name } = parseInput(memberShape, member);
    const key = email.toLowerCase();
    if (!wanted.has(key)) wanted.set(key, { email, ...(name !== undefined && { name }) });
  }
  const result = { created: 0, added: 0, already: 0 };
  const addresses = [...wanted.keys()];
  for (let start = 0; start < addresses.length; start += AT_ONCE) {
    const page = addresses.slice(start, start + AT_ONCE);
    const { already, known, unknown } = await sortOut(odoo, list, page);
    const subscribe = { list_ids: [[4, list]] };
    if (known.length > 0) await odoo.write(CONTACT, known, subscribe);
    const added = unknown.map((address) => ({ ...wanted.get(address), ...subscribe }));
    if (added.length > 0) await odoo.create(CONTACT, added);
    result.already += already;
    result.added += known.length;
    result.created += unknown.length;
  }
  return result;
}

/** Everybody on the list, also who opted out, by ascending id of the subscription. */
export async function listSubscriptions(odoo: OdooClient, listId: number): Promise<readonly Subscription[]> {
  const model = await findSubscriptionModel(odoo);
  const rows = await odoo.searchRead(model, subscriptionRow, [['list_id', '=', parseInput(recordId, listId)]]);
  const ids = [...new Set(rows.map(({ contact_id }) => contact_id))];
  const contacts = new Map((await odoo.read(CONTACT, contactRow, ids)).map((contact) => [contact.id, contact]));
  return rows.map(({ contact_id, opt_out }) => ({
    contact_id,
    opt_out,
    email: contacts.get(contact_id)?.email_normalized ?? null,
  }));
}

/** `mailing.subscription` from Odoo 17 on, `mailing.contact.subscription` before: the contact's own field tells. */
export async function findSubscriptionModel(odoo: OdooClient): Promise<string> {
  const fields = await findFields(odoo.transport, CONTACT, ['subscription_ids', 'subscription_list_ids']);
  const model = fields.get('subscription_ids') ?? fields.get('subscription_list_ids');
  if (model !== undefined) return model;
  throw new SetupError({
    code: 'missing_field',
    message: 'This Odoo keeps the members of mailing lists otherwise than any version that is known.',
    remedy: 'Check that the version of Odoo is one that the bridge supports (README).',
  });
}

async function sortOut(odoo: OdooClient, list: number, addresses: readonly string[]) {
  const contacts = await odoo.searchRead(CONTACT, contactRow, [['email_normalized', 'in', [...addresses]]]);
  const known: number[] = [];
  const unknown: string[] = [];
  let already = 0;
  for (const address of addresses) {
    const [oldest, ...others] = contacts.filter(({ email_normalized }) => email_normalized === address);
    if (!oldest) unknown.push(address);
    else if ([oldest, ...others].some(({ list_ids }) => list_ids.includes(list))) already += 1;
    else known.push(oldest.id);
  }
  return { already, known, unknown };
}
