import { z } from 'zod';
import { SetupError } from '../../errors.ts';

/**
 * What Odoo answers, looked at before anything rests on it.
 * @throws SetupError `unexpected_answer` naming the model and the field, never the values: they may be personal
 */
export function parseAnswer<Schema extends z.ZodType>(
  schema: Schema,
  answer: unknown,
  model: string,
): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.findLast((step) => typeof step === 'string');
  throw new SetupError({
    code: 'unexpected_answer',
    message: `Odoo answers otherwise than expected (${model}${field === undefined ? '' : `, field ${field}`}).`,
    remedy:
      'Check that the version of Odoo is one that the bridge supports (README), and whether a module changes the field.',
  });
}

/** A record that must be there, since another one refers to it. @throws SetupError `unexpected_answer` */
export function expectRecord<Row>(row: Row | undefined, model: string): Row {
  return row ?? parseAnswer(z.never(), row, model);
}
