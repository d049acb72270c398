/** WhatsApp messages in the words of a template. The app enters them, a module of Odoo sends them and tells what came of it. */
import { text } from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  EXISTENCE,
  type OdooValues,
  type OdooWrite,
  type Parent,
} from './define-entity.ts';

const CONTENT = ['channel', 'to', 'phone', 'template', 'variables', 'about'] as const;

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  return {
    active: fields.deleted_at == null,
    ...Object.fromEntries(
      ['channel', 'phone', 'template', 'delivery_state', 'failure_reason'].map((name) => [name, text(fields[name])]),
    ),
    to: toKey(fields.to),
    about: toKey(fields.about),
    variables: sortVariables(fields.variables),
  };
}

function toKey(value: unknown): string | null {
  const { entity, id } = (value ?? {}) as Partial<Parent>;
  return typeof entity === 'string' && typeof id === 'string' ? `${entity}:${id}` : null;
}

/** In an order of their own, so that only another content is another value. */
function sortVariables(value: unknown): string | null {
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, unknown>>).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

/** `entity:id`, as the canonical record has it. */
export function toRecord(value: unknown): Parent | null {
  const [entity = '', ...id] = typeof value === 'string' ? value.split(':') : [];
  return id.length === 0 ? null : { entity, id: id.join(':') };
}

/** One module keeps the state on the message, the other on a notification that hangs on it. */
function decodeOdoo(row: OdooValues): CanonicalRecord {
  const [notification = {}] = (row.notifications ?? []) as readonly OdooValues[];
  return {
    active: true,
    delivery_state: text(row.state) ?? text(notification.notification_status),
    failure_reason: text(row.failure_reason) ?? text(notification.gateway_failure_reason),
  };
}

function encodeOdoo(changes: CanonicalChanges): OdooWrite {
  const unheld = CONTENT.filter((field) => field in changes).map((field) => ({ field, reason: ON_ITS_WAY }));
  return { values: {}, deferred: [], unheld };
}

const ON_ITS_WAY = 'The message is on its way: it stays as it is.';

const ofApp = (name: string) => ({ name, fields: [name], owner: 'app' }) as const;
const ofOdoo = (name: string) => ({ name, fields: [name], owner: 'odoo' }) as const;

export const message = defineEntity({
  name: 'message',
  collection: 'messages',
  revision: 1,
  groups: [...CONTENT.map(ofApp), ...['delivery_state', 'failure_reason'].map(ofOdoo), { ...EXISTENCE, owner: 'app' }],
  asksToRenew: true,
  sends: {
    byCreation: true,
    isDue: () => true,
    leavesAt: () => null,
    wasHandedOver: ({ delivery_state = null }) => delivery_state !== null,
    lists: () => [],
  },
  parents: ({ to, about }) => [toRecord(to) ?? [], toRecord(about) ?? []].flat(),
  app: { matchBy: 'reading', decode: decodeApp, encode: ({ active: _existence, ...fields }) => fields },
  odoo: {
    model: 'whatsapp.message',
    courier: 'whatsapp',
    unwatched: true,
    membership: { kind: 'linked' },
    matchField: null,
    fields: ['state', 'failure_reason'],
    optional: ['failure_reason'],
    signals: [...CONTENT],
    sources: Object.fromEntries([...CONTENT, 'delivery_state', 'failure_reason', 'active'].map((field) => [field, []])),
    decode: decodeOdoo,
    encode: encodeOdoo,
    onCreate: () => ({}),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same: (_field, left, right) => left === right,
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => text(record.template) ?? '',
});
