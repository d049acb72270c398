/** Teachers, tenants and guests. */
import type { Collection } from '../data/collection.ts';
import { choiceField, type Field, isEmailLike, isLanguageTag, longTextField, textField } from '../data/fields.ts';
import { ADDRESS } from './address.ts';

export const PEOPLE = ['teacher', 'tenant', 'guest'];

const CONTACT = {
  name: textField('Name', { required: true }),
  email: textField('E-mail', {
    type: 'email',
    check: { test: isEmailLike, message: 'must be an e-mail address' },
  }),
  phone: textField('Phone', { type: 'tel' }),
  ...ADDRESS,
  vat: textField('VAT number'),
  type: choiceField('Type', { customer: 'Customer', supplier: 'Supplier', both: 'Both', none: 'None' }),
  language: textField('Language', {
    hint: 'A language tag, such as fr or fr-BE',
    check: { test: isLanguageTag, message: 'must be a language tag such as fr or fr-BE (BCP 47)' },
  }),
  notes: longTextField('Notes'),
} satisfies Record<string, Field>;

export const TEACHERS = defineContacts('teachers', 'teacher', 'Teachers', {
  school: textField('School', { autocomplete: 'organization' }),
});
export const TENANTS = defineContacts('tenants', 'tenant', 'Tenants', {});
export const GUESTS = defineContacts('guests', 'guest', 'Guests', {});

function defineContacts(
  name: string,
  entity: string,
  title: string,
  more: Readonly<Record<string, Field>>,
): Collection {
  const fields = { ...CONTACT, ...more };
  const columns = ['email', 'phone', ...Object.keys(more), 'city', 'country'];
  return { name, entity, title, fields, nameField: 'name', columns, hasEmail: true };
}
