/**
 * What becomes of an invoice in Odoo: posted once its totals are the app's to the cent, never altered afterwards; what
 * was posted and is not to be any more gets a credit note.
 */
import type { ErrorDetail } from '../errors.ts';
import { many2one } from './codecs.ts';
import { type CanonicalRecord, type OdooValues, readField, type Situation, type Transition } from './define-entity.ts';
import { decodeOdooLines } from './invoice-lines.ts';
import { decimal } from './money.ts';

/** What is posted with an invoice; that its own number or its travel changes is no reason for a credit note. */
export const CONTENT = ['customer', 'invoice_date', 'due_date', 'currency', 'lines'] as const;
const PAID: readonly unknown[] = ['paid', 'in_payment'];

/** Amounts as Odoo's floats, free of the noise of their sums. */
export function amount(value: unknown): string | null {
  return typeof value === 'number' ? decimal(value.toFixed(6)) : null;
}

/** Credit notes of the invoice, as they are read with it. */
function creditNotes({ reversals }: OdooValues): readonly OdooValues[] {
  return ((reversals ?? []) as readonly OdooValues[]).filter(({ state }) => state !== 'cancel');
}

/** Posted, and as a whole taken back by credit notes that are posted too. */
export function isReversed(row: OdooValues): boolean {
  const notes = creditNotes(row).filter(({ state }) => state === 'posted');
  const sum = notes.reduce((total, note) => total + Number(note.amount_total), 0);
  return row.state === 'posted' && notes.length > 0 && amount(sum) === amount(row.amount_total);
}

const isWanted = ({ wanted }: Situation) => wanted.status === 'validated';

/** The app leaves some values to Odoo: then whatever Odoo has is right. */
function hasOtherContent({ wanted, row, references }: Situation): boolean {
  const [entity = '', ...id] = String(wanted.customer).split(':');
  const held = (field: 'invoice_date' | 'invoice_date_due', value: unknown) => value === null || row[field] === value;
  const currency = references.rows('res.currency').find((each) => each.id === many2one(row.currency_id));
  return !(
    many2one(row.partner_id) === references.linkedId(entity, id.join(':')) &&
    held('invoice_date', readField(wanted, 'invoice_date')) &&
    held('invoice_date_due', readField(wanted, 'due_date')) &&
    [null, currency?.name].includes(readField(wanted, 'currency')) &&
    decodeOdooLines(row.lines, references) === (wanted.lines ?? '[]')
  );
}

/** Whether it was the app where the content changed, or what was given up is valid again. */
function isCorrected({ wanted, agreed }: Situation): boolean {
  if (agreed === null) return false;
  return isGivenUp(agreed) || CONTENT.some((field) => readField(wanted, field) !== readField(agreed, field));
}

function isGivenUp({ status }: CanonicalRecord): boolean {
  return status === 'cancelled' || status === 'draft';
}

function isToBeCredited(situation: Situation): boolean {
  const { row } = situation;
  return row.state === 'posted' && !isReversed(row) && (!isWanted(situation) || hasOtherContent(situation));
}

export const post: Transition = {
  name: 'post',
  isDue: (situation) => situation.row.state === 'draft' && isWanted(situation),
  refuse(situation) {
    if (situation.row.posted_before === true) return RESET;
    if (hasOtherContent(situation)) return NOT_HELD;
    return compareTotals(situation);
  },
  call: ({ row }) => ({ model: 'account.move', method: 'action_post', ids: [Number(row.id)] }),
  leaves: () => ({ state: 'posted' }),
};

function compareTotals({ wanted, row }: Situation): ErrorDetail | null {
  const app = [wanted.total_untaxed, wanted.total_tax, wanted.total];
  const odoo = [row.amount_untaxed, row.amount_tax, row.amount_total].map(amount);
  if (app.every((sum, index) => sum === odoo[index])) return null;
  const [ours, theirs] = [app, odoo].map(([untaxed, tax, total]) => `${untaxed} + ${tax} tax = ${total}`);
  return {
    code: 'invoice_totals_differ',
    message: `The totals differ: the app has ${ours}, Odoo computes ${theirs} ${wanted.currency ?? ''}`.trim(),
    remedy:
      'The invoice stays a draft. Correct it in the app; or, if the cents come from rounding, set "Rounding of taxes" in ' +
      "Odoo's accounting settings to the way of the app (per line), set the draft's tax right there, and retry it.",
  };
}

/** A draft that is not to be an invoice any more. */
export const cancel: Transition = {
  name: 'cancel',
  isDue: ({ wanted, row }) => row.state === 'draft' && wanted.status === 'cancelled',
  call: ({ row }) => ({ model: 'account.move', method: 'button_cancel', ids: [Number(row.id)] }),
  leaves: () => ({ state: 'cancel' }),
};

/** Makes a draft of the credit note, dated as Odoo dates it: today. */
export const credit: Transition = {
  name: 'make a credit note',
  isDue: (situation) => isToBeCredited(situation) && creditNotes(situation.row).length === 0,
  refuse: (situation) => (isWanted(situation) && !isCorrected(situation) ? ALTERED : null),
  call({ wanted, row, references }) {
    const dialog = { reason: wanted.status === 'validated' ? 'corrected' : 'cancelled', journal_id: row.journal_id };
    const around = { model: 'account.move.reversal', context: { active_model: 'account.move', active_ids: [row.id] } };
    if (references.has('refundMoves')) return { ...around, method: 'refund_moves', dialog };
    return { ...around, method: 'reverse_moves', dialog: { ...dialog, refund_method: refundMethod(row) } };
  },
  leaves({ row, references }) {
    const isDraft = references.has('refundMoves') || refundMethod(row) === 'refund';
    return { reversals: [{ state: isDraft ? 'draft' : 'posted', amount_total: row.amount_total }] };
  },
};

/** Posts the credit note and settles the invoice with it at once; but it would take payments off the invoice first. */
function refundMethod({ payment_state }: OdooValues): 'refund' | 'cancel' {
  return payment_state === 'not_paid' ? 'cancel' : 'refund';
}

/** Posting it also settles the invoice with it (up to Odoo 16 a person has to). */
export const postCredit: Transition = {
  name: 'post the credit note',
  isDue: (situation) => isToBeCredited(situation) && creditNotes(situation.row).length > 0,
  refuse(situation) {
    if (isWanted(situation) && !isCorrected(situation)) return ALTERED;
    const [note, ...others] = creditNotes(situation.row);
    const isWhole = note?.state === 'draft' && amount(note.amount_total) === amount(situation.row.amount_total);
    return isWhole && others.length === 0 ? null : CREDITED_IN_PART;
  },
  call: ({ row }) => ({
    model: 'account.move',
    method: 'action_post',
    ids: creditNotes(row).map(({ id }) => Number(id)),
  }),
  leaves: ({ row }) => ({ reversals: creditNotes(row).map((note) => ({ ...note, state: 'posted' })) }),
};

/** Never done: somebody cancelled in Odoo what is valid in the app. */
export const revive: Transition = {
  name: 'make valid again',
  isDue: (situation) => situation.row.state === 'cancel' && isWanted(situation) && !isCorrected(situation),
  refuse: () => CANCELLED,
  call: ({ row }) => ({ model: 'account.move', method: 'button_draft', ids: [Number(row.id)] }),
};

/** A travel whose invoice is paid is won; one that was lost meanwhile stays lost. */
export const win: Transition = {
  name: 'mark as won',
  accompanies: 'payment_state',
  about: ({ wanted, changes }) =>
    PAID.includes(changes.payment_state) && typeof wanted.travel_id === 'string'
      ? { entity: 'travel', id: wanted.travel_id }
      : null,
  isDue({ about, references }) {
    if (about === null || about.active !== true) return false;
    const stage = references.rows('crm.stage').find(({ id }) => id === many2one(about.stage_id));
    return stage?.is_won !== true;
  },
  call: ({ about }) => ({ model: 'crm.lead', method: 'action_set_won', ids: [Number(about?.id)] }),
};

/** It has been taken back, and the app has another one in its place. */
export function isSpent(situation: Situation): boolean {
  const { row } = situation;
  return isWanted(situation) && (row.state === 'cancel' || isReversed(row)) && isCorrected(situation);
}

const RESET: ErrorDetail = {
  code: 'reset_in_odoo',
  message: 'The invoice was posted, and somebody set it back to draft in Odoo.',
  remedy: 'Post it again in Odoo as it was; or cancel it in the app. The bridge alters nothing that was posted once.',
};
const NOT_HELD: ErrorDetail = {
  code: 'invoice_content_differs',
  message: 'Odoo does not hold the invoice as the app has it: a line, a date or the currency came out otherwise.',
  remedy:
    'The invoice stays a draft. Compare it with the app (digits after the point that Odoo rounds off, an automation ' +
    'that changes invoices), mend the cause and retry it.',
};
const ALTERED: ErrorDetail = {
  code: 'changed_in_odoo',
  message: 'The posted invoice in Odoo is not as the app has it, though nothing changed in the app.',
  remedy:
    'Set it right in Odoo; or cancel it in the app, which makes a credit note. The bridge alters nothing that was posted.',
};
const CREDITED_IN_PART: ErrorDetail = {
  code: 'credited_in_part',
  message: 'The invoice is to be taken back, but Odoo has credit notes for another amount than the whole of it.',
  remedy: 'Make a credit note for the rest in Odoo, or take the others back; then retry it.',
};
const CANCELLED: ErrorDetail = {
  code: 'cancelled_in_odoo',
  message: 'Somebody cancelled the invoice in Odoo, while it is valid in the app.',
  remedy: 'Cancel it in the app as well; or set it to draft and post it again in Odoo.',
};
