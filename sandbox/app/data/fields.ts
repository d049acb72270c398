/** The kinds of field that a collection may have: what the app accepts, and how a person types it in. */
import { z } from 'zod';

export type Input =
  | { readonly kind: 'line'; readonly type: 'text' | 'email' | 'tel'; readonly autocomplete: string }
  | { readonly kind: 'block' }
  | { readonly kind: 'choice'; readonly choices: Readonly<Record<string, string>> };

export interface Field {
  readonly label: string;
  readonly hint?: string;
  readonly required: boolean;
  readonly input: Input;
  /** Takes what came in, gives what is stored; the messages complete a sentence that starts with the label. */
  readonly schema: z.ZodType;
}

interface TextOptions {
  readonly required?: boolean;
  readonly hint?: string;
  readonly type?: 'text' | 'email' | 'tel';
  readonly autocomplete?: string;
  readonly check?: { readonly test: (value: string) => boolean; readonly message: string };
}

export function textField(label: string, options: TextOptions = {}): Field {
  const { required = false, type = 'text', autocomplete = 'off' } = options;
  return {
    label,
    ...(options.hint === undefined ? {} : { hint: options.hint }),
    required,
    input: { kind: 'line', type, autocomplete },
    schema: textSchema(required, options.check),
  };
}

export function longTextField(label: string): Field {
  return { label, required: false, input: { kind: 'block' }, schema: textSchema(false) };
}

/** @param choices stored value to what a person reads */
export function choiceField(label: string, choices: Readonly<Record<string, string>>): Field {
  const values = Object.keys(choices);
  const schema = z.preprocess(blankToNull, z.enum(values, `must be one of ${values.join(', ')}`).nullable());
  return { label, required: false, input: { kind: 'choice', choices }, schema };
}

export function isEmailLike(value: string): boolean {
  return /\S@\S/.test(value);
}

export function isLanguageTag(value: string): boolean {
  try {
    return /^[A-Za-z]{2,3}(-|$)/.test(value) && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function textSchema(required: boolean, check?: TextOptions['check']): z.ZodType {
  const text = z
    .string({ error: (issue) => (issue.input === null ? 'is required' : 'must be text') })
    // PostgreSQL can store neither; found here, so that one such value does not spoil a whole batch.
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'holds a character that cannot be stored')
    .refine((value) => check?.test(value) ?? true, check?.message ?? '');
  return z.preprocess(blankToNull, required ? text : text.nullable());
}

function blankToNull(value: unknown): unknown {
  return typeof value === 'string' && value.trim() === '' ? null : value;
}
