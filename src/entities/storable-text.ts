import type { ErrorDetail } from '../errors.ts';
import type { FieldValue } from './define-entity.ts';

/** Control characters that no XML carries, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNSTORABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text) && text.isWellFormed();
}

/**
 * Text that the other side could not store as it is: nothing is stripped silently, the record is parked instead.
 * @returns null when all values can be stored
 */
export function findUnstorable(values: Readonly<Record<string, FieldValue>>): ErrorDetail | null {
  const field = Object.keys(values).find((name) => {
    const value = values[name];
    return typeof value === 'string' && !isStorable(value);
  });
  if (field === undefined) return null;
  return {
    code: 'unstorable_characters',
    message: `The field "${field}" has a character that cannot be stored on the other side (a control character or half a symbol).`,
    remedy: `Remove the character from "${field}" and save the record again.`,
  };
}
