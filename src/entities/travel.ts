/** Travels: leads and opportunities (`crm.lead`) of the teacher who ordered them. Only the app makes them. */
import { htmlToText, many2one, orFalse, text, textToHtml } from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  EXISTENCE,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
  type Transition,
} from './define-entity.ts';
import { amountOrNull, encodeMoney, sameCurrency } from './money.ts';

const QUOTE = { amount: 'quote_amount', currency: 'currency', odoo: 'expected_revenue' };
const OWN = { destination: 'char', start_date: 'date', end_date: 'date', participants: 'integer' } as const;
const OWN_FIELDS = Object.keys(OWN) as (keyof typeof OWN)[];
const LABELS = {
  destination: 'Destination',
  start_date: 'First day',
  end_date: 'Last day',
  participants: 'Participants',
};
const own = (field: string) => `x_bridge_${field}`;
const NO_FIELD = 'Odoo has no field for it: "bridge webhooks install" adds one.';
/** The set-up makes this reason; where it is missing, a travel is lost without one. */
export const LOST_REASON = 'Cancelled by the customer';
/** A stage of this name, whatever the case; a lead that is further already stays where it is. */
const QUOTED_STAGE = 'proposition';

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  const record: Record<string, FieldValue> = { active: fields.deleted_at == null };
  for (const field of ['title', 'teacher_id', 'destination', 'start_date', 'end_date', 'status', 'currency', 'notes'])
    record[field] = text(fields[field]);
  record.participants = count(fields.participants);
  record.quote_amount = amountOrNull(fields.quote_amount);
  record.odoo_stage = text(fields.odoo_stage);
  record.odoo_type = text(fields.odoo_type);
  record.probability = typeof fields.probability === 'number' ? fields.probability : null;
  return record;
}

/** Odoo has no empty whole number: zero says the same. */
function count(value: unknown): number | null {
  return typeof value === 'number' && value !== 0 ? value : null;
}

function decodeOdoo(row: OdooValues, references: OdooReferences): CanonicalRecord {
  const partner = many2one(row.partner_id);
  const stage = references.rows('crm.stage').find(({ id }) => id === many2one(row.stage_id));
  return {
    // A lost lead is archived in Odoo, but not put away: it is still to be seen in the app.
    active: row.active === true || isLost(row),
    title: text(row.name),
    teacher_id: partner === null ? null : references.linkedAppId('teacher', partner),
    destination: text(row[own('destination')]),
    start_date: text(row[own('start_date')]),
    end_date: text(row[own('end_date')]),
    participants: count(row[own('participants')]),
    quote_amount: amountOrNull(row.expected_revenue),
    currency: references.companyCurrency(),
    notes: references.has('htmlNotes') ? htmlToText(row.description) : text(row.description),
    odoo_stage: text(stage?.name),
    odoo_type: text(row.type),
    probability: typeof row.probability === 'number' ? row.probability : null,
  };
}

function isLost(row: OdooValues): boolean {
  return row.active === false && row.probability === 0;
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  const values: Record<string, unknown> = {};
  const unheld: { field: string; reason: string }[] = [];
  if ('title' in changes) values.name = orFalse(changes.title);
  if ('notes' in changes)
    values.description = references.has('htmlNotes') ? textToHtml(changes.notes) : orFalse(text(changes.notes));
  if ('active' in changes && (row !== null || changes.active === false)) values.active = changes.active;
  if (typeof changes.teacher_id === 'string') values.partner_id = references.linkedId('teacher', changes.teacher_id);
  encodeMoney(QUOTE, changes, references, values, unheld);
  for (const field of OWN_FIELDS.filter((name) => name in changes)) {
    const empty = OWN[field] === 'integer' ? 0 : false;
    if (references.hasField('crm.lead', own(field))) values[own(field)] = changes[field] ?? empty;
    else if (changes[field] !== null) unheld.push({ field, reason: NO_FIELD });
  }
  if ('status' in changes) Object.assign(values, encodeStatus(changes.status, row, references));
  // What a new lead is, Odoo decides by whether leads are used; how far it has come is written onto what it made.
  const deferred = row === null && changes.status !== 'submitted' && changes.status !== null ? ['status'] : [];
  return { values: deferred.length === 0 || row !== null ? values : withoutStatus(values), deferred, unheld };
}

function withoutStatus({ stage_id: _s, type: _t, probability: _p, lost_reason_id: _l, ...values }: OdooValues) {
  return values;
}

function encodeStatus(
  status: FieldValue | undefined,
  row: OdooValues | null,
  references: OdooReferences,
): Record<string, unknown> {
  if (row === null) return {};
  switch (status) {
    case 'quote_validated':
      return forwardTo(QUOTED_STAGE, row, references);
    case 'invoiced':
      // Not Odoo's own method: given no partner, that one empties the lead's.
      return row.type === 'lead' ? { type: 'opportunity' } : {};
    case 'cancelled':
      return isLost(row) ? {} : { active: false, probability: 0, ...lostReason(references) };
    default:
      return {};
  }
}

function forwardTo(name: string, row: OdooValues, references: OdooReferences): Record<string, unknown> {
  const stages = references.rows('crm.stage');
  const wanted = stages.find((stage) => text(stage.name)?.toLowerCase() === name);
  const now = stages.find(({ id }) => id === many2one(row.stage_id));
  if (!wanted || Number(now?.sequence ?? -1) >= Number(wanted.sequence)) return {};
  return { stage_id: wanted.id };
}

function lostReason(references: OdooReferences): Record<string, unknown> {
  const reason = references.rows('crm.lost.reason').find(({ name }) => name === LOST_REASON)?.id ?? false;
  // Its name up to Odoo 15 was another.
  return references.hasField('crm.lead', 'lost_reason_id') ? { lost_reason_id: reason } : { lost_reason: reason };
}

/** A travel that was cancelled goes on after all. */
const reopen: Transition = {
  name: 'reopen',
  isDue: ({ wanted, changes, row }) =>
    'status' in changes && wanted.status !== 'cancelled' && wanted.active === true && isLost(row),
  call: ({ row }) => ({ model: 'crm.lead', method: 'action_unarchive', ids: [Number(row.id)] }),
  leaves: () => ({ active: true }),
};

const twoWay = (name: string) => ({ name, fields: [name], owner: 'both' }) as const;
const fromOdoo = (name: string) => ({ name, fields: [name], owner: 'odoo' }) as const;

export const travel = defineEntity({
  name: 'travel',
  collection: 'travels',
  revision: 1,
  groups: [
    twoWay('title'),
    { name: 'teacher_id', fields: ['teacher_id'], owner: 'app' },
    ...OWN_FIELDS.map(twoWay),
    { name: 'status', fields: ['status'], owner: 'app' },
    { name: 'quote', fields: ['quote_amount', 'currency'], owner: 'both' },
    twoWay('notes'),
    ...['odoo_stage', 'odoo_type', 'probability'].map(fromOdoo),
    EXISTENCE,
  ],
  parents: ({ teacher_id }) => (typeof teacher_id === 'string' ? [{ entity: 'teacher', id: teacher_id }] : []),
  app: { matchBy: 'reading', decode: decodeApp, encode: ({ active: _existence, ...fields }) => fields },
  odoo: {
    model: 'crm.lead',
    membership: { kind: 'linked' },
    own: {
      title: 'School travel',
      form: 'crm.crm_lead_view_form',
      fields: OWN_FIELDS.map((field) => ({ name: own(field), label: LABELS[field], type: OWN[field] })),
    },
    matchField: null,
    fields: [
      ...['name', 'partner_id', 'type', 'stage_id', 'probability', 'expected_revenue', 'description', 'active'],
      ...OWN_FIELDS.map(own),
    ],
    optional: OWN_FIELDS.map(own),
    links: { partner_id: ['teacher'] },
    signals: ['status'],
    transitions: [reopen],
    tables: {
      'crm.stage': ['name', 'sequence', 'is_won'],
      'crm.lost.reason': ['name'],
      'res.currency': ['name'],
      'res.company': ['currency_id'],
    },
    sources: {
      title: ['name'],
      teacher_id: ['partner_id'],
      status: ['type', 'stage_id', 'active', 'probability'],
      quote_amount: ['expected_revenue'],
      currency: [],
      notes: ['description'],
      active: ['active', 'probability'],
      ...Object.fromEntries(OWN_FIELDS.map((field) => [field, [own(field)]])),
    },
    decode: decodeOdoo,
    encode: encodeOdoo,
    // Not the bridge's own user, whose lead it would else be.
    onCreate: () => ({ user_id: false }),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same: (field, left, right) => (field === 'currency' ? sameCurrency(left, right) : left === right),
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => text(record.title) ?? '',
});
