import type { Entity } from '../entities/define-entity.ts';
import { isAbsence } from './absence.ts';
import { type RelinkContext, type RelinkReport, relink } from './relink.ts';

/** Relinks one entity after the other; of many, those that this Odoo and this app have. */
export async function relinkAll(
  context: RelinkContext,
  entities: readonly Entity[],
  options: { readonly dryRun: boolean },
): Promise<readonly RelinkReport[]> {
  const reports: RelinkReport[] = [];
  for (const entity of entities) {
    try {
      reports.push(await relink(context, entity, options));
    } catch (error) {
      if (entities.length === 1 || !isAbsence(error)) throw error;
    }
  }
  return reports;
}
