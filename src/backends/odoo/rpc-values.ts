/** Looks at what is sent and what comes back: both protocols, and Odoo behind them, change some values silently. */
import { isStorable } from '../../entities/storable-text.ts';
import { TerminalError } from '../../errors.ts';

const INTEGERS = { least: -2_147_483_648, greatest: 2_147_483_647 };

/**
 * Refuses what would not arrive as it is: `undefined` (an empty text in XML-RPC, which wipes the field), dates
 * (written in local time), NaN, integers beyond 32 bits, control characters, halves of surrogate pairs.
 * @throws TerminalError `unstorable_value` naming the path of the value, never the value
 */
export function assertSendable(value: unknown, path = 'arguments'): void {
  const reason = findReason(value);
  if (reason !== null) {
    throw new TerminalError({
      code: 'unstorable_value',
      message: `A value cannot be sent to Odoo: ${path} ${reason}.`,
      remedy: 'Correct the field that is named and save the record again.',
    });
  }
  if (Array.isArray(value)) for (const [index, item] of value.entries()) assertSendable(item, `${path}[${index}]`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) assertSendable(item, `${path}.${key}`);
  }
}

function findReason(value: unknown): string | null {
  switch (typeof value) {
    case 'boolean':
      return null;
    case 'string':
      return isStorable(value) ? null : 'has a character that cannot be stored';
    case 'number':
      if (!Number.isFinite(value)) return 'is not a number';
      if (!Number.isInteger(value)) return null;
      return value < INTEGERS.least || value > INTEGERS.greatest ? 'is too large a whole number' : null;
    case 'object': {
      if (value === null || Array.isArray(value)) return null;
      if (!isPlain(value)) return 'is no plain value';
      if (Object.hasOwn(value, '__proto__')) return 'has a member named __proto__';
      return Object.keys(value).every(isStorable) ? null : 'has a member whose name cannot be stored';
    }
    default:
      return 'is no plain value';
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Whether an answer is made of plain values only: a member named `__proto__` gives the XML library's object another nature. */
export function isPlainAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return isPlain(value) && Object.values(value).every(isPlainAnswer);
}
