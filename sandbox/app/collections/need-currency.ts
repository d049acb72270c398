import type { FieldError, Fields } from '../data/collection.ts';

/** An amount without its currency says nothing. */
export function needCurrency(amount: string): (fields: Fields) => readonly FieldError[] {
  return (fields) =>
    fields[amount] != null && fields.currency == null
      ? [{ field: 'currency', message: 'is required where there is an amount' }]
      : [];
}
