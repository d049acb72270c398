/** Shapes that many requests and answers share. */
import { z } from 'zod';

/** Of a row: the digits are not to be reckoned with. */
export const rowId = z.string().regex(/^\d{1,18}$/, 'It is a number.');
export const time = z.iso.datetime({ offset: true });
export const side = z.enum(['app', 'odoo']);

export const errorDetail = z
  .object({ code: z.string(), message: z.string(), remedy: z.string() })
  .meta({ id: 'ErrorDetail', description: 'What went wrong, and what to do about it.' });

export const linkState = z.enum(['active', 'parked', 'held', 'out_of_scope', 'erased']);

/** Of the records that a row is about. */
export const recordIds = {
  entity: z.string(),
  app_id: z.string().nullable(),
  odoo_id: z.int().nullable(),
};

/** What people call the record: nobody is named before both sides have agreed on a name. */
export const recordName = z.string().nullable().describe('As both sides last agreed on it; personal data.');

export const pageQuery = {
  cursor: rowId.optional().describe('`next_cursor` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('How many rows at most.'),
};

export const entityFilter = z.string().max(64).optional().describe('Only this entity, such as teacher.');

/** @param names of all entities: `teacher` */
export const entityAmong = (names: readonly string[]) =>
  z.enum(names, { error: `The entities are ${names.join(', ')}.` });

export function listOf<T extends z.ZodType>(row: T) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable().describe('Null on the last page.') });
}

/** A value of a field: dates, times and money are texts. */
export const value = z.unknown();
export const values = z.record(z.string(), value);
