import type { Collection } from '../data/collection.ts';
import { textField } from '../data/fields.ts';
import { partyListField } from '../data/list-fields.ts';
import { PEOPLE } from './contacts.ts';

/** Who is written to; who does not want to be, is told by Odoo. */
export const MAILING_LISTS: Collection = {
  name: 'mailing-lists',
  entity: 'mailing_list',
  title: 'Mailing lists',
  nameField: 'name',
  columns: [],
  hasEmail: false,
  fields: {
    name: textField('Name', { required: true, keeper: 'people' }),
    members: partyListField('Members', PEOPLE, { keeper: 'people', hint: 'Such as teacher/12' }),
    opted_out: partyListField('Opted out', PEOPLE, { keeper: 'odoo' }),
  },
};
