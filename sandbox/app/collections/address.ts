import { type Field, type FieldOptions, textField } from '../data/fields.ts';

export const ADDRESS = defineAddress({});
/** Of what only the app's people move. */
export const OWN_ADDRESS = defineAddress({ keeper: 'people' });

function defineAddress(options: FieldOptions) {
  return {
    street: textField('Street', options),
    street2: textField('Street, second line', options),
    zip: textField('Postal code', options),
    city: textField('City', options),
    country: textField('Country', {
      ...options,
      hint: 'Two capital letters, such as FR',
      check: { test: (value) => /^[A-Z]{2}$/.test(value), message: 'must be two capital letters (ISO 3166-1)' },
    }),
  } satisfies Record<string, Field>;
}
