/** The kinds of field that a collection may have: what the app accepts, and how a person types it in. */
import { z } from 'zod';

export type Input =
  | {
      readonly kind: 'line';
      readonly type: 'text' | 'email' | 'tel' | 'date' | 'datetime-local';
      readonly autocomplete: string;
      /** Entities whose records are offered while a person types. */
      readonly suggest?: readonly string[];
    }
  | { readonly kind: 'block' }
  | { readonly kind: 'choice'; readonly choices: Readonly<Record<string, string>> }
  | Rows;

/** A list, typed in as rows of a table. */
export interface Rows {
  readonly kind: 'rows';
  readonly columns: Readonly<Record<string, Field>>;
  toRows(value: unknown): readonly Row[];
  fromRows(rows: readonly Row[]): unknown;
}

/** Form texts by column. */
export type Row = Readonly<Record<string, string>>;

/** Who may write a field: people and the bridge; people alone; the bridge alone; only the app itself. */
export type Keeper = 'both' | 'people' | 'odoo' | 'app';

/** A record that another one points to. */
export interface Reference {
  /** Where in the field it stands: empty for the field itself, else such as `0.apartment_id`. */
  readonly path: string;
  readonly entity: string;
  readonly id: string;
}

export interface Field {
  readonly label: string;
  readonly hint?: string;
  readonly required: boolean;
  readonly keeper: Keeper;
  /** Of a new record, when nothing is given. */
  readonly initial: unknown;
  /** A status is not typed in: actions change it. */
  readonly inForm: boolean;
  readonly input: Input;
  /** Takes what came in, gives what is stored; the messages complete a sentence that starts with the label. */
  readonly schema: z.ZodType;
  /** The stored value, neither null nor undefined, as the text of a form; as it is, if not said. */
  readonly format?: (value: unknown) => string;
  /** The text of a form as the schema takes it; as it is, if not said. */
  readonly parse?: (text: string) => unknown;
  readonly references?: (value: unknown) => readonly Reference[];
}

/** Names come from outside: `constructor` is no field, though every object has one. */
export function findField(fields: Readonly<Record<string, Field>>, name: string): Field | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export interface FieldOptions {
  readonly required?: boolean;
  readonly hint?: string;
  readonly keeper?: Keeper;
  readonly initial?: unknown;
  readonly inForm?: boolean;
}

interface TextOptions extends FieldOptions {
  readonly type?: 'text' | 'email' | 'tel';
  readonly autocomplete?: string;
  readonly check?: { readonly test: (value: string) => boolean; readonly message: string };
}

type Kind = Pick<Field, 'input' | 'schema' | 'format' | 'parse' | 'references'>;

/** @param kind its schema need not know of null: empty is null here, and refused where a value is required */
export function makeField(label: string, options: FieldOptions, kind: Kind): Field {
  const { required = false, keeper = 'both', initial = null, inForm = true } = options;
  const present = z.any().refine((value) => value !== null, 'is required');
  const schema = z.preprocess(blankToNull, required ? present.pipe(kind.schema) : kind.schema.nullable());
  const hint = options.hint === undefined ? {} : { hint: options.hint };
  return { ...kind, label, ...hint, required, keeper, initial, inForm, schema };
}

export function textField(label: string, options: TextOptions = {}): Field {
  const { type = 'text', autocomplete = 'off', check, ...rest } = options;
  return makeField(label, rest, { input: { kind: 'line', type, autocomplete }, schema: textSchema(check) });
}

export function longTextField(label: string, options: FieldOptions = {}): Field {
  return makeField(label, options, { input: { kind: 'block' }, schema: textSchema() });
}

/** @param choices stored value to what a person reads */
export function choiceField(
  label: string,
  choices: Readonly<Record<string, string>>,
  options: FieldOptions = {},
): Field {
  const values = Object.keys(choices);
  const schema = z.enum(values, `must be one of ${values.join(', ')}`);
  return makeField(label, options, { input: { kind: 'choice', choices }, schema });
}

export function textSchema(check?: TextOptions['check']): z.ZodType<string> {
  return (
    z
      .string('must be text')
      // PostgreSQL can store neither; found here, so that one such value does not spoil a whole batch.
      .refine((value) => value.isWellFormed() && !value.includes('\0'), 'holds a character that cannot be stored')
      .refine((value) => check?.test(value) ?? true, check?.message ?? '')
  );
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

function blankToNull(value: unknown): unknown {
  return typeof value === 'string' && value.trim() === '' ? null : value;
}
