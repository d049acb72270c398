/**
 * Who is on mailing lists in Odoo, made as the app has it: a fixed number of calls per list, however long it is. What
 * Odoo's users did is left alone: people whom they added stay, and who has opted out stays out, whatever the app does.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CanonicalRecord } from '../../entities/define-entity.ts';
import {
  joinLines,
  keyOf,
  linesOf,
  MEMBERS_FIELD,
  type Member,
  readMembers,
  subscriptionModel,
} from '../../entities/mailing-list.ts';
import { TerminalError } from '../../errors.ts';
import { text } from './endpoint-values.ts';
import { findByName, findKeys } from './find-created.ts';
import { createOdooClient, type OdooClient } from './odoo-client.ts';
import type { OdooContext } from './odoo-context.ts';

const CONTACT = 'mailing.contact';
/** Of the calls that grow with the list: large enough to be few, small enough to stay well under the deadline. */
const AT_ONCE = 500;

const contactRow = z.object({ id: z.int(), email_normalized: text, list_ids: z.array(z.int()) });
const subscriptionRow = z.object({
  id: z.int(),
  contact_id: z.int(),
  opt_out: z.boolean(),
  is_blacklisted: z.boolean(),
  [MEMBERS_FIELD]: text,
});

interface Subscription {
  readonly id: number;
  readonly contactId: number;
  /** Null for an address that Odoo cannot read. */
  readonly email: string | null;
  readonly optedOut: boolean;
  readonly blacklisted: boolean;
  /** Lines, as in MEMBERS_FIELD. */
  readonly members: readonly string[];
}

/** One address of the app, with those who have it. */
interface Wanted {
  readonly email: string;
  readonly name: string | null;
  /** The same of those who have it. */
  readonly members: readonly string[];
}

export interface Skipped {
  readonly field: string;
  readonly reason: string;
}

/**
 * @param list of the app: its `members` with their addresses, and its `opted_out`
 * @returns who of them is not written to, and why, by ids of the app
 */
export async function syncMembers(
  odoo: OdooContext,
  listId: number,
  list: CanonicalRecord,
): Promise<readonly Skipped[]> {
  const client = createOdooClient(odoo.transport);
  const model = subscriptionModel(odoo.references);
  const members = readMembers(list.members);
  const wanted = byAddress(members);
  const present = await readSubscriptions(client, model, listId);
  const contacts = await findContacts(odoo, client, [...wanted.values()], present);
  const plan = planChanges(wanted, present, new Set(linesOf(list.opted_out)));
  const added = plan.missing.map(({ email, members: lines, optOut }) => ({
    contact_id: contacts.get(email) as number,
    list_id: listId,
    opt_out: optOut,
    [MEMBERS_FIELD]: joinLines(lines),
  }));
  for (const some of inBatches(added)) await client.create(model, some);
  await rewriteMembers(client, model, plan.renamed);
  // Clearing whom it stands for makes it one of Odoo's own: it is kept because it says no.
  if (plan.keptOut.length > 0) await client.write(model, plan.keptOut, { [MEMBERS_FIELD]: null });
  if (plan.takenOff.length > 0) await takeOff(odoo, client, model, plan.takenOff);
  const out = present.filter(({ optedOut, blacklisted }) => optedOut || blacklisted).map(({ email }) => email);
  const unwilling = new Set([...out, ...plan.missing.flatMap(({ optOut, email }) => (optOut ? email : []))]);
  return [
    ...skipped(
      'no address that can be written to',
      members.filter(({ email }) => email === null),
    ),
    ...skipped(
      'opted out, or on the blacklist of Odoo',
      members.filter(({ email }) => email !== null && unwilling.has(email)),
    ),
  ];
}

function byAddress(members: readonly Member[]): ReadonlyMap<string, Wanted> {
  const found = new Map<string, Wanted>();
  for (const { key, email, name } of members) {
    if (email === null) continue;
    const other = found.get(email);
    found.set(email, { email, name: other?.name ?? name, members: [...(other?.members ?? []), `${key}\t${email}`] });
  }
  return found;
}

async function readSubscriptions(client: OdooClient, model: string, listId: number): Promise<readonly Subscription[]> {
  const rows = await client.searchRead(model, subscriptionRow, [['list_id', '=', listId]]);
  const ids = rows.map(({ contact_id }) => contact_id);
  const contacts = await client.read(CONTACT, contactRow, ids);
  const emails = new Map(contacts.map(({ id, email_normalized }) => [id, email_normalized]));
  return rows.map((row) => ({
    id: row.id,
    contactId: row.contact_id,
    email: emails.get(row.contact_id) ?? null,
    optedOut: row.opt_out,
    blacklisted: row.is_blacklisted,
    members: linesOf(row[MEMBERS_FIELD]),
  }));
}

interface Changes {
  readonly missing: readonly (Wanted & { readonly optOut: boolean })[];
  readonly renamed: readonly { readonly id: number; readonly members: string }[];
  readonly keptOut: readonly number[];
  readonly takenOff: readonly Subscription[];
}

function planChanges(
  wanted: ReadonlyMap<string, Wanted>,
  present: readonly Subscription[],
  optedOut: ReadonlySet<string>,
): Changes {
  // Several contacts may have one address: the one that stands for members already, else the oldest.
  const ranked = [...present].sort(
    (left, right) => Number(right.members.length > 0) - Number(left.members.length > 0) || left.id - right.id,
  );
  const chosen = new Map<string, Subscription>();
  for (const one of ranked) if (one.email !== null && !chosen.has(one.email)) chosen.set(one.email, one);
  const unwilling = new Set([
    ...optedOut,
    ...present.filter((one) => one.optedOut).flatMap(({ members }) => members.map(keyOf)),
  ]);
  const gone = present.filter(
    (one) => one.members.length > 0 && !(wanted.has(one.email ?? '') && chosen.get(one.email ?? '') === one),
  );
  return {
    missing: [...wanted.values()]
      .filter(({ email }) => !chosen.has(email))
      // A new address does not take the old no back.
      .map((one) => ({ ...one, optOut: one.members.some((line) => unwilling.has(keyOf(line))) })),
    renamed: [...wanted.values()].flatMap(({ email, members: lines }) => {
      const one = chosen.get(email);
      const members = joinLines(lines) ?? '';
      return one && joinLines(one.members) !== members ? [{ id: one.id, members }] : [];
    }),
    keptOut: gone.filter((one) => one.optedOut).map(({ id }) => id),
    takenOff: gone.filter((one) => !one.optedOut),
  };
}

/** @returns the contact of each address that is not on the list yet; those that nobody has are made */
async function findContacts(
  odoo: OdooContext,
  client: OdooClient,
  wanted: readonly Wanted[],
  present: readonly Subscription[],
): Promise<ReadonlyMap<string, number>> {
  const known = new Set(present.map(({ email }) => email));
  const open = wanted.filter(({ email }) => !known.has(email));
  const found = new Map<string, number>();
  for (const some of inBatches(open)) {
    const domain = [['email_normalized', 'in', some.map(({ email }) => email)]];
    // The oldest of several.
    for (const { id, email_normalized } of (await client.searchRead(CONTACT, contactRow, domain)).toReversed()) {
      if (email_normalized !== null) found.set(email_normalized, id);
    }
  }
  for (const some of inBatches(open.filter(({ email }) => !found.has(email)))) {
    for (const [email, id] of await makeContacts(odoo, client, some)) found.set(email, id);
  }
  return found;
}

/**
 * With an external id each, so that of two lists that want the same new address at once only one makes it. A name that
 * is taken belongs to a contact whose address somebody changed since: that one is left alone.
 */
async function makeContacts(
  odoo: OdooContext,
  client: OdooClient,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<string, number>> {
  const module = `bridge_${odoo.instance}`;
  const taken = await findByName(
    odoo,
    CONTACT,
    module,
    wanted.map(({ email }) => contactName(email)),
  );
  const names = new Set(taken.map(({ name }) => name));
  const [unnamed, named] = [true, false].map((is) =>
    wanted.filter(({ email }) => names.has(contactName(email)) === is),
  );
  const made = new Map<string, number>();
  const plain = (unnamed ?? []).map(({ email, name }) => ({ email, name: name ?? email }));
  const ids = plain.length === 0 ? [] : await client.create(CONTACT, plain, { quiet: true });
  plain.forEach(({ email }, index) => void made.set(email, ids[index] as number));
  if (named === undefined || named.length === 0) return made;
  const rows = named.map(({ email, name }) => [`${module}.${contactName(email)}`, name ?? email, email]);
  const loaded = await client.load(CONTACT, ['id', 'name', 'email'], rows, { quiet: true });
  if (loaded.ids === null) throw refused();
  named.forEach(({ email }, index) => void made.set(email, loaded.ids?.[index] as number));
  return made;
}

/** An address in a name would be personal data where nobody looks for it. */
function contactName(email: string): string {
  return `mailing_contact_${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

async function rewriteMembers(client: OdooClient, model: string, renamed: Changes['renamed']): Promise<void> {
  for (const some of inBatches(renamed)) {
    const rows = some.map(({ id, members }) => [String(id), members]);
    if ((await client.load(model, ['.id', MEMBERS_FIELD], rows)).ids === null) throw refused();
  }
}

/** Contacts that the bridge made, and that are on no list any more, go as well. */
async function takeOff(
  odoo: OdooContext,
  client: OdooClient,
  model: string,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const unlink = (of: string, ids: readonly number[]) => odoo.transport.call({ model: of, method: 'unlink', ids });
  await unlink(
    model,
    subscriptions.map(({ id }) => id),
  );
  const left = await client.read(
    CONTACT,
    contactRow,
    subscriptions.map(({ contactId }) => contactId),
  );
  const alone = left.filter(({ list_ids }) => list_ids.length === 0).map(({ id }) => String(id));
  const keys = await findKeys(odoo, CONTACT, alone);
  const ours = alone.filter((id) => keys.get(id)?.some((key) => key.includes('.mailing_contact_')));
  if (ours.length > 0) await unlink(CONTACT, ours.map(Number));
}

function skipped(why: string, members: readonly Member[]): readonly Skipped[] {
  if (members.length === 0) return [];
  const names = members.slice(0, 20).map(({ key }) => key.replace(':', ' '));
  const more = members.length > names.length ? ', …' : '';
  return [{ field: 'members', reason: `Not written to, ${why}: ${members.length} (${names.join(', ')}${more})` }];
}

function inBatches<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, index) =>
    items.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
}

function refused(): TerminalError {
  return new TerminalError({
    code: 'refused_by_odoo',
    message: 'Odoo refused members of the mailing list.',
    remedy:
      "Look in Odoo's log for what it refused (an automation, a required field of contacts), then retry the list.",
  });
}
