import type { Collection, FieldError, Fields } from '../data/collection.ts';
import { choiceField, longTextField, textField } from '../data/fields.ts';
import { idListField } from '../data/list-fields.ts';
import { numberField, timeField } from '../data/value-fields.ts';

const STATUS = { draft: 'Draft', ready: 'Ready', cancelled: 'Cancelled' };
const COUNT = { keeper: 'odoo' } as const;

/** One mail to some lists. Odoo sends it, once it is ready, and counts what comes of it. */
export const CAMPAIGNS: Collection = {
  name: 'campaigns',
  entity: 'campaign',
  title: 'Campaigns',
  nameField: 'subject',
  columns: ['status', 'scheduled_at', 'odoo_state', 'sent', 'opened'],
  hasEmail: false,
  fields: {
    subject: textField('Subject', { required: true, keeper: 'people' }),
    body_html: longTextField('Text', { required: true, keeper: 'people', hint: 'HTML' }),
    list_ids: idListField('Mailing lists', 'mailing_list', { keeper: 'people' }),
    scheduled_at: timeField('Not before', { keeper: 'people', hint: 'UTC; empty: as soon as it is ready' }),
    status: choiceField('Status', STATUS, { required: true, initial: 'draft', keeper: 'people', inForm: false }),
    odoo_state: textField('State in Odoo', { keeper: 'odoo' }),
    sent: numberField('Sent', COUNT),
    delivered: numberField('Delivered', COUNT),
    opened: numberField('Opened', COUNT),
    clicked: numberField('Clicked', COUNT),
    bounced: numberField('Bounced', COUNT),
  },
  lifecycle: {
    next: { draft: ['ready', 'cancelled'], ready: ['cancelled'] },
    frozen: ['ready', 'cancelled'],
    kept: ['ready'],
  },
  rules: { checkEdit },
};

function checkEdit(before: Fields | null, after: Fields): readonly FieldError[] {
  const becomesReady = after.status === 'ready' && before?.status !== 'ready';
  if (!becomesReady || (after.list_ids as readonly string[]).length > 0) return [];
  return [{ field: 'list_ids', message: 'must name at least one, or nobody gets it' }];
}
