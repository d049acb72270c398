import { isDeepStrictEqual } from 'node:util';
import type { Collection, FieldError, Fields } from '../data/collection.ts';
import { choiceField, textField } from '../data/fields.ts';
import { textsField } from '../data/list-fields.ts';
import { partyField } from '../data/reference-fields.ts';
import { PEOPLE } from './contacts.ts';

const OWN = { keeper: 'people' } as const;

/** One message to one person, in the words of a template. It is on its way as soon as it is entered. */
export const MESSAGES: Collection = {
  name: 'messages',
  entity: 'message',
  title: 'Messages',
  nameField: 'template',
  columns: ['to', 'phone', 'about', 'delivery_state'],
  hasEmail: false,
  fields: {
    channel: choiceField('Channel', { whatsapp: 'WhatsApp' }, { ...OWN, required: true, initial: 'whatsapp' }),
    to: partyField('To', PEOPLE, { ...OWN, hint: 'Such as guest/12; or else a phone number' }),
    phone: textField('Phone', {
      ...OWN,
      type: 'tel',
      hint: 'With the country, such as +33 6 12 34 56 78',
      check: { test: isPhone, message: 'must be such as +33 6 12 34 56 78' },
    }),
    template: textField('Template', OWN),
    variables: textsField('Variables', OWN),
    about: partyField('About', [...PEOPLE, 'apartment', 'travel', 'invoice', 'document'], OWN),
    delivery_state: textField('Delivery', { keeper: 'odoo' }),
    failure_reason: textField('Failure', { keeper: 'odoo' }),
  },
  rules: {
    check: ({ to, phone }) => (to == null && phone == null ? [{ field: 'to', message: 'or a phone is required' }] : []),
    checkEdit,
  },
};

function isPhone(text: string): boolean {
  return /^\+?[\d\s().-]{4,40}$/.test(text) && /\d{4}/.test(text.replace(/\D/g, ''));
}

/** What Odoo has taken over is said; nothing can be unsaid. */
function checkEdit(before: Fields | null, after: Fields): readonly FieldError[] {
  if (before?.delivery_state == null) return [];
  return Object.keys(MESSAGES.fields).flatMap((field) =>
    isDeepStrictEqual(before[field], after[field])
      ? []
      : [{ field, message: 'cannot be changed: the message is on its way' }],
  );
}
