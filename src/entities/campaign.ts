/** Campaigns: mailings (`mailing.mailing`) to mailing lists. The app prepares and releases them, Odoo sends and counts. */
import { idList, orFalse, text } from './codecs.ts';
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
  type Transition,
} from './define-entity.ts';
import { joinLines, linesOf } from './mailing-list.ts';

const MODEL = 'mailing.mailing';
/** When the bridge launched it. It stays, whatever becomes of the mailing: nothing is launched a second time. */
export const LAUNCHED_FIELD = 'x_bridge_launched';
const COUNTS = ['sent', 'delivered', 'opened', 'clicked', 'bounced'] as const;
const CONTENT: readonly string[] = ['subject', 'body_html', 'list_ids', 'scheduled_at'];

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  const isThere = fields.deleted_at == null;
  return {
    active: isThere,
    subject: text(fields.subject),
    body_html: text(fields.body_html),
    list_ids: joinLines(Array.isArray(fields.list_ids) ? fields.list_ids.map(String) : []),
    // What was put away is not to be sent either.
    status: isThere ? text(fields.status) : 'cancelled',
    scheduled_at: text(fields.scheduled_at),
    odoo_state: text(fields.odoo_state),
    ...Object.fromEntries(COUNTS.map((name) => [name, count(fields[name])])),
  };
}

function count(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function decodeOdoo(row: OdooValues, references: OdooReferences): CanonicalRecord {
  const lists = idList(row.contact_list_ids);
  return {
    active: row.active === true,
    subject: text(row.subject),
    body_html: text(row.body_html),
    list_ids: joinLines(lists.map((id) => references.linkedAppId('mailing_list', id) ?? `Odoo's ${id}`)),
    odoo_state: row.state === 'draft' && wasLaunched(row) ? 'cancelled' : text(row.state),
    ...Object.fromEntries(COUNTS.map((name) => [name, count(row[name])])),
  };
}

function wasLaunched(row: OdooValues): boolean {
  return text(row[LAUNCHED_FIELD]) !== null;
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  const isLeaving = row !== null && row.state !== 'draft' && row.state !== 'in_queue';
  const unheld = CONTENT.filter((field) => isLeaving && field in changes).map((field) => ({ field, reason: LEFT }));
  const values: Record<string, unknown> = {};
  if ('active' in changes && (row !== null || changes.active === false)) values.active = changes.active;
  if (!isLeaving) Object.assign(values, encodeContent(changes, row === null, references));
  // It begins as a draft. What goes on from there is done to what was made.
  const deferred = row === null && changes.status === 'ready' ? ['status'] : [];
  return { values, deferred, unheld };
}

function encodeContent(changes: CanonicalChanges, isNew: boolean, references: OdooReferences): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  if ('subject' in changes) values.subject = orFalse(changes.subject);
  // What is sent, and what the editor shows: with one alone the other would be empty.
  if ('body_html' in changes) values.body_html = values.body_arch = orFalse(changes.body_html);
  if ('list_ids' in changes) {
    const ids = linesOf(changes.list_ids).flatMap((id) => references.linkedId('mailing_list', id) ?? []);
    values.contact_list_ids = isNew ? ids : [[6, 0, ids]];
  }
  if ('scheduled_at' in changes) {
    const at = toTime(changes.scheduled_at);
    values.schedule_date = at === null ? false : new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    if (references.hasField(MODEL, 'schedule_type')) values.schedule_type = at === null ? 'now' : 'scheduled';
  }
  return values;
}

function toTime(value: FieldValue | undefined): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** Puts it into Odoo's queue. The action refuses whatever is no draft, or was launched before. */
const launch: Transition = {
  name: 'launch',
  isDue: ({ wanted, changes, row }) =>
    'status' in changes && wanted.status === 'ready' && row.state === 'draft' && !wasLaunched(row),
  refuse({ row, references }) {
    if (!references.hasField(MODEL, LAUNCHED_FIELD)) return NOT_SET_UP;
    return idList(row.contact_list_ids).length === 0 ? NO_LIST : null;
  },
  call: ({ row }) => ({ model: MODEL, method: 'run', action: 'launch_mailing', context: { bridge_mailing: row.id } }),
};

/** What has begun to leave cannot be called back. */
const cancel: Transition = {
  name: 'cancel',
  isDue: ({ wanted, row }) => wanted.status === 'cancelled' && row.state === 'in_queue',
  call: ({ row }) => ({ model: MODEL, method: 'action_cancel', ids: [Number(row.id)] }),
};

const LEFT = 'The mailing has left, or is leaving: it stays as it is.';
const NOT_SET_UP = {
  code: 'mailing_not_set_up',
  message: 'Odoo has no place to note that a mailing was launched; without it, it could be sent twice.',
  remedy: 'Run "bridge webhooks install" as an administrator of Odoo, then retry the campaign.',
};
const NO_LIST = {
  code: 'mailing_without_list',
  message: 'The campaign has no mailing list: nobody would get it.',
  remedy: 'Name at least one list in the app, or cancel the campaign.',
};
function listsOf({ list_ids }: CanonicalChanges): readonly Parent[] {
  return linesOf(list_ids).map((id) => ({ entity: 'mailing_list', id }));
}

const ofApp = (name: string) => ({ name, fields: [name], owner: 'app' }) as const;
const ofOdoo = (name: string) => ({ name, fields: [name], owner: 'odoo' }) as const;

export const campaign = defineEntity({
  name: 'campaign',
  collection: 'campaigns',
  revision: 1,
  groups: [
    ...['subject', 'body_html', 'list_ids', 'scheduled_at', 'status'].map(ofApp),
    ...['odoo_state', ...COUNTS].map(ofOdoo),
    { ...EXISTENCE, owner: 'app' },
  ],
  asksToRenew: true,
  sends: {
    byCreation: false,
    isDue: ({ status }) => status === 'ready',
    leavesAt: ({ scheduled_at }) => toTime(scheduled_at),
    wasHandedOver: ({ odoo_state = null }) => odoo_state !== null,
    lists: listsOf,
  },
  isWanted: ({ status }) => status !== 'cancelled',
  parents: listsOf,
  app: { matchBy: 'reading', decode: decodeApp, encode: ({ active: _existence, ...fields }) => fields },
  odoo: {
    model: MODEL,
    membership: { kind: 'linked' },
    own: {
      title: 'Travel app',
      form: 'mass_mailing.view_mail_mass_mailing_form',
      fields: [{ name: LAUNCHED_FIELD, label: 'Launched by the travel app', type: 'char' }],
    },
    matchField: null,
    fields: [
      ...['subject', 'body_html', 'contact_list_ids', 'schedule_date', 'schedule_type', 'state', 'active'],
      ...COUNTS,
      LAUNCHED_FIELD,
    ],
    // The type of the schedule came with Odoo 15.
    optional: ['schedule_type', LAUNCHED_FIELD],
    triggers: ['state', 'active'],
    links: { contact_list_ids: ['mailing_list'] },
    signals: ['status', 'scheduled_at'],
    transitions: [launch, cancel],
    stirredBy: { paths: ['mailing_trace_ids'] },
    sources: {
      subject: ['subject', 'state'],
      body_html: ['body_html', 'state'],
      list_ids: ['contact_list_ids', 'state'],
      scheduled_at: ['schedule_date', 'state'],
      active: ['active'],
      ...Object.fromEntries(['status', 'odoo_state', ...COUNTS].map((field) => [field, []])),
    },
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
  matchName: (record) => text(record.subject) ?? '',
});
