/** The company that teachers of one school belong to; made when the app names a school that Odoo does not have. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { foldExact, text } from '../../entities/codecs.ts';
import { TerminalError } from '../../errors.ts';
import type { OdooContext } from './odoo-context.ts';
import { writeContext } from './write-context.ts';

const loadAnswer = z.looseObject({ ids: z.union([z.literal(false), z.array(z.number()).min(1)]) });

/** Its external id is made of its name: a second try after a lost answer finds the first company. */
export async function createCompany(odoo: OdooContext, name: string): Promise<number> {
  const hash = createHash('sha256').update(foldExact(name)).digest('hex').slice(0, 32);
  const args = {
    fields: ['id', 'name', 'is_company'],
    data: [[`bridge_${odoo.instance}.company-${hash}`, text(name) ?? name, '1']],
  };
  const call = { model: 'res.partner', method: 'load', args, context: writeContext(true) };
  const { ids } = loadAnswer.parse(await odoo.transport.call(call));
  if (ids !== false) return ids[0] as number;
  throw new TerminalError({
    code: 'school_refused',
    message: 'Odoo refused to create the company of a school.',
    remedy: 'Create the company in Odoo by hand, with exactly the name that the app uses for the school.',
  });
}
