/** Fields of dates, times, numbers and money. Money is text: a floating number would lose cents. */
import { z } from 'zod';
import { type Field, type FieldOptions, makeField, textField } from './fields.ts';

interface NumberOptions extends FieldOptions {
  readonly min?: number;
  readonly max?: number;
  /** Digits after the point: none, if not said. */
  readonly places?: number;
}

/** A day without a time, `2026-07-14`. */
export function dateField(label: string, options: FieldOptions = {}): Field {
  return makeField(label, options, {
    input: { kind: 'line', type: 'date', autocomplete: 'off' },
    schema: z.iso.date('must be a date such as 2026-07-14'),
  });
}

/** An instant, given with any offset, kept in UTC. */
export function timeField(label: string, options: FieldOptions = {}): Field {
  return makeField(label, options, {
    input: { kind: 'line', type: 'datetime-local', autocomplete: 'off' },
    schema: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2026-07-14T09:30:00Z' })
      .transform((time) => new Date(time).toISOString()),
    // The browser's field has no time zone: people type UTC, and the hint says so.
    format: (value) => String(value).slice(0, 16),
    parse: (text) => (/^[\d-]+T\d\d:\d\d$/.test(text) ? `${text}:00Z` : text),
  });
}

export function numberField(label: string, options: NumberOptions = {}): Field {
  const { min = 0, max = 1_000_000_000, places = 0, ...rest } = options;
  const digits =
    places === 0 ? 'must be a whole number' : `must be a number with at most ${places} digits after the point`;
  const toNumber = (value: unknown) =>
    typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  const schema = z
    .number(digits)
    .refine((value) => Number(value.toFixed(places)) === value, digits)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);
  return makeField(label, rest, {
    input: { kind: 'line', type: 'text', autocomplete: 'off' },
    schema: z.preprocess(toNumber, schema),
  });
}

/** An amount to the cent, as text: `1200.50`. */
export function moneyField(label: string, options: FieldOptions & { readonly signed?: boolean } = {}): Field {
  const { signed = false, ...rest } = options;
  const form = signed ? /^-?\d{1,12}(\.\d{1,2})?$/ : /^\d{1,12}(\.\d{1,2})?$/;
  return makeField(label, rest, {
    input: { kind: 'line', type: 'text', autocomplete: 'off' },
    schema: z
      .string('must be text, so that no cent is lost')
      .trim()
      .regex(form, `must be an amount such as 1200.50${signed ? '' : ', not below zero'}`)
      .transform((text) => formatCents(parseCents(text))),
  });
}

export function currencyField(options: FieldOptions = {}): Field {
  return textField('Currency', {
    hint: 'Three capital letters, such as EUR',
    ...options,
    check: { test: (value) => /^[A-Z]{3}$/.test(value), message: 'must be three capital letters (ISO 4217)' },
  });
}

export function yesNoField(label: string, options: FieldOptions = {}): Field {
  const toBoolean = (value: unknown) => (value === 'true' || value === 'false' ? value === 'true' : value);
  return makeField(
    label,
    { required: true, ...options },
    {
      input: { kind: 'choice', choices: { true: 'Yes', false: 'No' } },
      schema: z.preprocess(toBoolean, z.boolean('must be true or false')),
    },
  );
}

/** @param text a number with at most two digits after the point */
export function parseCents(text: string): bigint {
  return scale(text, 2);
}

/** `1200.50` and 4 places: 12005000. Digits beyond the places must be absent. */
export function scale(text: string, places: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(places, '0'));
}

export function formatCents(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
