import type { z } from 'zod';
import { TerminalError } from '../../errors.ts';

/**
 * What a program gives to a typed endpoint, looked at before anything is sent.
 * @throws TerminalError `invalid_input` naming the field, never its value
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
  throw new TerminalError({
    code: 'invalid_input',
    message:
      field === undefined
        ? 'The call to Odoo was given a value of a wrong kind.'
        : `The call to Odoo was given a wrong "${String(field)}": no such field, or a value of a wrong kind.`,
    remedy: 'Correct the program that calls; the shapes stand above the function in src/backends/odoo/endpoints.',
  });
}
