/** Fields that point to other records. People type `12`, or `teacher/12` where several kinds may stand. */
import { z } from 'zod';
import { type Field, type FieldOptions, makeField, type Reference } from './fields.ts';

export interface Party {
  readonly entity: string;
  readonly id: string;
}

/** As the contract has them: no comma, no control character, no half of a character. */
const ID = z
  .string('must be text')
  .regex(/^[^\p{Cc}\p{Cs},]{1,128}$/u, 'must be an id of at most 128 characters, without commas');

/** The id of a record of one entity. */
export function idField(label: string, entity: string, options: FieldOptions = {}): Field {
  return makeField(label, options, {
    input: { kind: 'line', type: 'text', autocomplete: 'off', suggest: [entity] },
    schema: ID,
    parse: (text) => text.trim(),
    references: (value) => [{ path: '', entity, id: String(value) }],
  });
}

/** `{entity, id}` of a record of one of several entities. */
export function partyField(label: string, entities: readonly string[], options: FieldOptions = {}): Field {
  return makeField(label, options, {
    input: { kind: 'line', type: 'text', autocomplete: 'off', suggest: entities },
    schema: partySchema(entities),
    // What somebody typed that is no such thing stays as it was typed.
    format: (value) => (typeof value === 'string' ? value : formatParty(value as Party)),
    parse: parseParty,
    references: (value) => [referTo(value as Party, '')],
  });
}

export function partySchema(entities: readonly string[]): z.ZodType<Party> {
  const message = `must name one of ${entities.join(', ')}, such as ${entities[0]}/12`;
  return z.strictObject({ entity: z.enum(entities, message), id: ID }, message);
}

export function referTo({ entity, id }: Party, path: string): Reference {
  return { path, entity, id };
}

export function formatParty({ entity, id }: Party): string {
  return `${entity}/${id}`;
}

/** What is not of the form is left as it is: the schema then says what is wrong. */
export function parseParty(text: string): unknown {
  const match = /^\s*([a-z_]+)\s*\/\s*(.+?)\s*$/.exec(text);
  return match ? { entity: match[1], id: match[2] } : text;
}

export { ID as ID_SCHEMA };
