/** Mailing lists (`mailing.list`): the app says who is on them, Odoo who does not want to be. */
import { normalizeEmail, orFalse, text } from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  EXISTENCE,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
  type Parent,
  type Person,
  parentKey,
} from './define-entity.ts';

/**
 * In Odoo's subscription: whom of the app it stands for, one a line, with the address that was taken over, behind a tab.
 * Empty for who was put on the list there.
 */
export const MEMBERS_FIELD = 'x_bridge_members';
const PEOPLE: readonly string[] = ['teacher', 'tenant', 'guest'];

export interface Member {
  /** `teacher:12` */
  readonly key: string;
  /** Spelled as Odoo spells an address to compare it; null when there is none to write to. */
  readonly email: string | null;
  readonly name: string | null;
}

export function subscriptionModel(references: Pick<OdooReferences, 'has'>): string {
  return references.has('mailingSubscription') ? 'mailing.subscription' : 'mailing.contact.subscription';
}

function decodeApp(
  fields: Readonly<Record<string, unknown>>,
  people: ReadonlyMap<string, Person> | null = null,
): CanonicalRecord {
  return {
    active: fields.deleted_at == null,
    name: text(fields.name),
    opted_out: joinLines(toParties(fields.opted_out).map(parentKey)),
    ...(people && { members: joinLines(toParties(fields.members).flatMap((one) => toLine(parentKey(one), people))) }),
  };
}

function toParties(value: unknown): readonly Parent[] {
  const parties = (Array.isArray(value) ? value : []) as readonly Partial<Parent>[];
  return parties.flatMap(({ entity, id }) =>
    typeof entity === 'string' && typeof id === 'string' && PEOPLE.includes(entity) ? [{ entity, id }] : [],
  );
}

/** Who is put away in the app is on no list. */
function toLine(key: string, people: ReadonlyMap<string, Person>): readonly string[] {
  const person = people.get(key);
  if (!person) return [];
  const email = toAddress(person.email);
  return [[key, email ?? '', email === null ? '' : (text(person.name?.replace(/\s+/g, ' ')) ?? '')].join('\t')];
}

/**
 * As Odoo normalises it; null for what it would not take for exactly one address.
 * Odoo leaves the case of a local part alone that is not plain ASCII.
 */
function toAddress(value: string | null): string | null {
  const email = text(value);
  if (email === null || normalizeEmail(email) === null || !/^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/.test(email)) return null;
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  return `${isAscii(local) ? local.toLowerCase() : local}${email.slice(at).toLowerCase()}`;
}

function isAscii(value: string): boolean {
  return [...value].every((character) => character.charCodeAt(0) < 128);
}

/** Members as the canonical record of the app has them. */
export function readMembers(value: FieldValue | undefined): readonly Member[] {
  return linesOf(value).map((line) => {
    const [key = '', email, name] = line.split('\t');
    return { key, email: email || null, name: name || null };
  });
}

/** Of a line of members. */
export function keyOf(line: string): string {
  return line.replace(/\t.*/s, '');
}

export function linesOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split('\n').filter(Boolean) : [];
}

export function joinLines(lines: Iterable<string>): string | null {
  return [...new Set(lines)].sort().join('\n') || null;
}

function decodeOdoo(row: OdooValues): CanonicalRecord {
  const subscriptions = (row.subscriptions ?? []) as readonly OdooValues[];
  const lines = (some: readonly OdooValues[]) => some.flatMap((one) => linesOf(one[MEMBERS_FIELD]));
  const unwilling = subscriptions.filter((one) => one.opt_out === true || one.is_blacklisted === true);
  return {
    active: row.active === true,
    name: text(row.name),
    members: joinLines(lines(subscriptions)),
    opted_out: joinLines(lines(unwilling).map(keyOf)),
  };
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  const values: Record<string, unknown> = {};
  if ('name' in changes) values.name = orFalse(changes.name);
  if ('active' in changes && (row !== null || changes.active === false)) values.active = changes.active;
  const { members = null } = changes;
  // Whoever is on the list hangs on it in records of their own: they come once it is there.
  if (row === null) return { values, deferred: members === null ? [] : ['members'], unheld: [] };
  const isPossible = !('members' in changes) || references.hasField(subscriptionModel(references), MEMBERS_FIELD);
  return { values, deferred: [], unheld: [], refused: isPossible ? null : NOT_SET_UP };
}

const NOT_SET_UP = {
  code: 'mailing_not_set_up',
  message: 'Odoo has no field that says which person of the app is behind a subscription.',
  remedy: 'Run "bridge webhooks install" as an administrator of Odoo, then retry the list.',
};

/** Odoo has only those that can be written to. */
function same(field: string, left: FieldValue, right: FieldValue): boolean {
  if (left === right) return true;
  return field === 'members' && reachable(left) === reachable(right);
}

function reachable(value: FieldValue): string | null {
  return joinLines(readMembers(value).flatMap(({ key, email }) => (email === null ? [] : [`${key}\t${email}`])));
}

export const mailingList = defineEntity({
  name: 'mailing_list',
  collection: 'mailing-lists',
  revision: 1,
  groups: [
    { name: 'name', fields: ['name'], owner: 'app' },
    { name: 'members', fields: ['members'], owner: 'app' },
    { name: 'opted_out', fields: ['opted_out'], owner: 'odoo' },
    { ...EXISTENCE, owner: 'app' },
  ],
  // With a list Odoo also deletes who has opted out of it.
  asksToRenew: true,
  parents: () => [],
  app: {
    matchBy: 'reading',
    people: ({ members }) => toParties(members),
    decode: decodeApp,
    encode({ active: _existence, members: _people, opted_out, ...fields }) {
      if (opted_out === undefined) return fields;
      const parties = linesOf(opted_out).map((line) => {
        const [entity = '', ...id] = line.split(':');
        return { entity, id: id.join(':') };
      });
      return { ...fields, opted_out: parties };
    },
  },
  odoo: {
    model: 'mailing.list',
    unwatched: true,
    membership: { kind: 'linked' },
    ownElsewhere: {
      models: ['mailing.subscription', 'mailing.contact.subscription'],
      fields: [{ name: MEMBERS_FIELD, label: 'Members of the app', type: 'text' }],
    },
    matchField: null,
    fields: ['name', 'active'],
    children: {
      subscriptions: {
        model: subscriptionModel,
        parent: 'list_id',
        fields: ['contact_id', 'opt_out', 'is_blacklisted', MEMBERS_FIELD],
        optional: [MEMBERS_FIELD],
      },
    },
    roster: 'members',
    stirredBy: { paths: ['subscription_ids'], addresses: 'subscription_ids.contact_id.email_normalized' },
    sources: { name: ['name'], members: [], opted_out: [], active: ['active'] },
    decode: decodeOdoo,
    encode: encodeOdoo,
    onCreate: () => ({}),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same,
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => text(record.name) ?? '',
});
