import type { Collection } from '../data/collection.ts';
import { longTextField, textField } from '../data/fields.ts';
import { currencyField, moneyField, yesNoField } from '../data/value-fields.ts';
import { OWN_ADDRESS } from './address.ts';
import { needCurrency } from './need-currency.ts';

export const APARTMENTS: Collection = {
  name: 'apartments',
  entity: 'apartment',
  title: 'Apartments',
  nameField: 'name',
  columns: ['reference', 'city', 'price', 'currency', 'active'],
  hasEmail: false,
  fields: {
    name: textField('Name', { required: true }),
    reference: textField('Reference', { keeper: 'people' }),
    description: longTextField('Description'),
    price: moneyField('Price', { hint: 'For one night, such as 85.00' }),
    currency: currencyField(),
    ...OWN_ADDRESS,
    active: yesNoField('Let', { initial: true, hint: 'No: it is not offered at the moment' }),
  },
  rules: { check: needCurrency('price') },
};
