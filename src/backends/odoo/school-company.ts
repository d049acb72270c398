/** The companies that teachers of a school belong to; made when the app names schools that Odoo does not have. */
import { createHash } from 'node:crypto';
import { foldExact, text } from '../../entities/codecs.ts';
import { describeError, TerminalError } from '../../errors.ts';
import { findByName } from './find-created.ts';
import { findMissingRight } from './find-missing-right.ts';
import type { OdooContext } from './odoo-context.ts';
import { loadRecords } from './server-actions.ts';
import { writeContext } from './write-context.ts';

/** Of one call. */
const BATCH = 200;

/**
 * Each has an external id that is made of its name: a second try after a lost answer finds the first company.
 * @param names no two of one school @returns the id of each
 */
export async function createCompanies(
  odoo: OdooContext,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const module = `bridge_${odoo.instance}`;
  const ids = new Map<string, number>();
  for (let start = 0; start < names.length; start += BATCH) {
    const some = names.slice(start, start + BATCH);
    // A company of ours that was renamed in Odoo is that school still: load() would rename it back.
    const known = await findByName(odoo, 'res.partner', module, some.map(externalName));
    const idOf = new Map(known.map(({ name, res_id }) => [name, res_id]));
    for (const name of some) {
      const id = idOf.get(externalName(name));
      if (id !== undefined) ids.set(name, id);
    }
    const missing = some.filter((name) => !ids.has(name));
    for (const [name, id] of await loadCompanies(odoo, missing)) ids.set(name, id);
  }
  return ids;
}

function externalName(name: string): string {
  return `company-${createHash('sha256').update(foldExact(name)).digest('hex').slice(0, 32)}`;
}

/** All or nothing: where Odoo refuses one of them, each is made alone, so that the others are there for the next pass. */
async function loadCompanies(
  odoo: OdooContext,
  names: readonly string[],
): Promise<readonly (readonly [string, number])[]> {
  if (names.length === 0) return [];
  const { ids, messages } = await loadRecords(odoo.transport, {
    model: 'res.partner',
    fields: ['id', 'name', 'is_company'],
    data: names.map((name) => [`bridge_${odoo.instance}.${externalName(name)}`, text(name) ?? name, '1']),
    context: writeContext(true),
  });
  if (ids !== false)
    return names.flatMap((name, index) => (ids[index] === undefined ? [] : [[name, ids[index]] as const]));
  const denied = await findMissingRight(odoo, 'res.partner', messages[0]?.message ?? '');
  // About the one record that needs this company: the others of its batch go on.
  if (denied) throw new TerminalError(describeError(denied));
  if (names.length === 1) {
    throw new TerminalError({
      code: 'school_refused',
      message: 'Odoo refused to create the company of a school.',
      remedy: 'Create the company in Odoo by hand, with exactly the name that the app uses for the school.',
    });
  }
  const made: (readonly [string, number])[] = [];
  for (const name of names) made.push(...(await loadCompanies(odoo, [name])));
  return made;
}
