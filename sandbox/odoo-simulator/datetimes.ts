/** Odoo's times: microseconds inside, whole seconds over RPC, UTC without saying so. */
import { valueError } from './odoo-errors.ts';

const SECOND = 1_000_000;

/** `2026-11-23 10:49:53` */
export function formatSeconds(micros: number): string {
  return new Date(Math.floor(micros / SECOND) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-11-23 10:49:53.970460`, as Python's str() writes it in a webhook. */
export function formatMicros(micros: number): string {
  const rest = micros % SECOND;
  return rest === 0 ? formatSeconds(micros) : `${formatSeconds(micros)}.${String(rest).padStart(6, '0')}`;
}

/** A value of a domain: whole microseconds, and whether it was a date without a time. */
export function parseStamp(value: unknown): { readonly micros: number; readonly isDate: boolean } {
  const text = String(value);
  if (/(Z|[+-]\d\d:?\d\d)$/.test(text) && text.includes(':')) {
    throw valueError(`expecting only datetimes with no timezone: '${text}'`);
  }
  const parts = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?)?$/.exec(text);
  const millis = parts ? Date.parse(`${parts[1]}T${parts[2] ?? '00:00:00'}Z`) : Number.NaN;
  if (!parts || Number.isNaN(millis)) throw valueError(`Invalid term '${text}' in expression date: '${text}'`);
  return { micros: millis * 1000 + Number((parts[3] ?? '').padEnd(6, '0')), isDate: parts[2] === undefined };
}

/**
 * Odoo 19 compares whole seconds: `>` means from the next second on, `<=` to the end of the second,
 * and an equal is any instant within the second. A date without a time stands for its whole day there.
 */
export function compareStamp(operator: '=' | '>' | '>=' | '<' | '<=', held: number, value: unknown): boolean {
  const { micros, isDate } = parseStamp(value);
  const from = Math.floor(micros / SECOND) * SECOND;
  const next = from + (isDate ? 86_400 * SECOND : SECOND);
  switch (operator) {
    case '=':
      return held >= from && held < from + SECOND;
    case '>':
      return held >= next;
    case '>=':
      return held >= from;
    case '<':
      return held < from;
    case '<=':
      return held < next;
  }
}
