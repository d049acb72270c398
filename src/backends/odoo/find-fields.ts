/** Versions of Odoo, and other modules of the same name, are told apart by the fields that they have. */
import { z } from 'zod';
import { parseAnswer } from './parse-answer.ts';
import type { OdooTransport } from './transport.ts';

const fieldsAnswer = z.record(z.string(), z.looseObject({ relation: z.string().optional() }));

/**
 * @param names asked for; all when empty
 * @returns those that this Odoo has, each with the model that it refers to, if any
 * @throws SetupError `missing_module` when it does not have the model
 */
export async function findFields(
  transport: OdooTransport,
  model: string,
  names: readonly string[] = [],
): Promise<ReadonlyMap<string, string | undefined>> {
  // Some attributes cannot be sent over XML-RPC.
  const args = { attributes: ['relation', 'type'], ...(names.length > 0 && { allfields: names }) };
  const fields = parseAnswer(fieldsAnswer, await transport.call({ model, method: 'fields_get', args }), model);
  return new Map(Object.entries(fields).map(([name, { relation }]) => [name, relation]));
}
