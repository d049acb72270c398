import type { Collection, FieldError, Fields } from '../data/collection.ts';
import { choiceField, longTextField, textField } from '../data/fields.ts';
import { idField } from '../data/reference-fields.ts';
import { currencyField, dateField, moneyField, numberField } from '../data/value-fields.ts';
import { needCurrency } from './need-currency.ts';

const STATUS = {
  submitted: 'Submitted',
  quote_validated: 'Quote validated',
  invoiced: 'Invoiced',
  cancelled: 'Cancelled',
};

/** What a teacher asks for: a form that was sent, then a quote, then an invoice. */
export const TRAVELS: Collection = {
  name: 'travels',
  entity: 'travel',
  title: 'Travels',
  nameField: 'title',
  columns: ['teacher_id', 'destination', 'start_date', 'status', 'quote_amount', 'currency'],
  hasEmail: false,
  fields: {
    title: textField('Title', { required: true }),
    teacher_id: idField('Teacher', 'teacher', { required: true, keeper: 'people' }),
    destination: textField('Destination'),
    start_date: dateField('First day'),
    end_date: dateField('Last day'),
    participants: numberField('Participants', { max: 100_000 }),
    quote_amount: moneyField('Quote', { hint: 'For the whole group, such as 1200.00' }),
    currency: currencyField(),
    notes: longTextField('Notes'),
    status: choiceField('Status', STATUS, { required: true, initial: 'submitted', keeper: 'people', inForm: false }),
    odoo_stage: textField('Stage in Odoo', { keeper: 'odoo' }),
    odoo_type: choiceField('Kind in Odoo', { lead: 'Lead', opportunity: 'Opportunity' }, { keeper: 'odoo' }),
    probability: numberField('Probability (%)', { keeper: 'odoo', max: 100, places: 4 }),
  },
  lifecycle: {
    next: {
      submitted: ['quote_validated', 'cancelled'],
      quote_validated: ['invoiced', 'cancelled'],
      invoiced: ['cancelled'],
    },
    frozen: [],
    kept: [],
  },
  rules: { check: needCurrency('quote_amount'), checkEdit },
};

/** Only of what a person changes: in Odoo somebody may write an end before its start, and that is then how it is. */
function checkEdit(before: Fields | null, after: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  const changed = (field: string) => before?.[field] !== after[field];
  const [start, end] = [after.start_date, after.end_date];
  if (start && end && String(end) < String(start) && (changed('start_date') || changed('end_date'))) {
    errors.push({ field: 'end_date', message: 'must not lie before the first day' });
  }
  const isQuoted = after.status === 'quote_validated' || after.status === 'invoiced';
  if (isQuoted && after.quote_amount == null && (changed('status') || changed('quote_amount'))) {
    errors.push({ field: 'quote_amount', message: 'is required once the quote is validated' });
  }
  return errors;
}
