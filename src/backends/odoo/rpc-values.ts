/** Looks at what is about to be sent: both protocols, and Odoo behind them, change some values silently. */
import { TerminalError } from '../../errors.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNSTORABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const LARGEST_INTEGER = 2_147_483_647;

/**
 * Refuses what would not arrive as it is: `undefined` (an empty text in XML-RPC, which wipes the field), dates
 * (written in local time), NaN, integers beyond 32 bits, control characters, halves of surrogate pairs.
 * @throws TerminalError naming the path of the value, never the value
 */
export function assertSendable(value: unknown, path = 'arguments'): void {
  const reason = findReason(value);
  if (reason !== null) throw unsendable(path, reason);
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
      return UNSTORABLE.test(value) || !value.isWellFormed() ? 'has a character that cannot be stored' : null;
    case 'number':
      if (!Number.isFinite(value)) return 'is not a number';
      return Number.isInteger(value) && Math.abs(value) > LARGEST_INTEGER ? 'is too large a whole number' : null;
    case 'object': {
      if (value === null || Array.isArray(value)) return null;
      if (Object.hasOwn(value, '__proto__')) return 'has a member named __proto__';
      const prototype: unknown = Object.getPrototypeOf(value);
      return prototype === Object.prototype || prototype === null ? null : 'is no plain value';
    }
    default:
      return 'is no plain value';
  }
}

function unsendable(path: string, reason: string): TerminalError {
  return new TerminalError({
    code: 'unstorable_value',
    message: `A value cannot be sent to Odoo: ${path} ${reason}.`,
    remedy: 'Correct the field that is named and save the record again.',
  });
}
