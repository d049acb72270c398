/** The company that teachers of one school belong to; made when the app names a school that Odoo does not have. */
import { createHash } from 'node:crypto';
import { foldExact, text } from '../../entities/codecs.ts';
import { describeError, TerminalError } from '../../errors.ts';
import { findByName } from './find-created.ts';
import { findMissingRight } from './find-missing-right.ts';
import type { OdooContext } from './odoo-context.ts';
import { loadRecords } from './server-actions.ts';
import { writeContext } from './write-context.ts';

/** Its external id is made of its name: a second try after a lost answer finds the first company. */
export async function createCompany(odoo: OdooContext, name: string): Promise<number> {
  const hash = createHash('sha256').update(foldExact(name)).digest('hex').slice(0, 32);
  // A company of ours that was renamed in Odoo is that school still: load() would rename it back.
  const [known] = await findByName(odoo, 'res.partner', `bridge_${odoo.instance}`, [`company-${hash}`]);
  if (known) return known.res_id;
  const fields = ['id', 'name', 'is_company'];
  const data = [[`bridge_${odoo.instance}.company-${hash}`, text(name) ?? name, '1']];
  const { ids, messages } = await loadRecords(odoo.transport, {
    model: 'res.partner',
    fields,
    data,
    context: writeContext(true),
  });
  if (ids !== false && ids[0] !== undefined) return ids[0];
  const denied = await findMissingRight(odoo, 'res.partner', messages[0]?.message ?? '');
  // About the one record that needs this company: the others of its batch go on.
  if (denied) throw new TerminalError(describeError(denied));
  throw new TerminalError({
    code: 'school_refused',
    message: 'Odoo refused to create the company of a school.',
    remedy: 'Create the company in Odoo by hand, with exactly the name that the app uses for the school.',
  });
}
