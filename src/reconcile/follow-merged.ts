/** A partner that Odoo merged into another takes its link along. */
import { type CanonicalRecord, type Entity, readField } from '../entities/define-entity.ts';
import type { Base, Claim, Hold, Next, Repointed, Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import { TAKEN } from './link-found.ts';
import type { Observation } from './read-both-sides.ts';

/** @returns a settlement for each link whose partner was merged, by the link's id */
export async function followMerged(
  { links }: ReconcileContext,
  entity: Entity,
  claim: Claim,
  observations: readonly Observation[],
): Promise<ReadonlyMap<string, Settlement>> {
  const settlements = new Map<string, Settlement>();
  for (const { link, absence, unsettled } of observations) {
    if (absence?.kind !== 'merged') continue;
    const repointed = await links.repoint(claim, link.id, entity.odoo.model, Number(absence.into));
    const moved = repointed === 'moved' && {
      edits: { ...link.edits, odoo: null },
      ...(link.base && { base: whereEqual(link.base) }),
    };
    const end = endOf(repointed, absence.into);
    settlements.set(link.id, { link, ...end, logged: true, edits: link.edits, ...moved, openIntents: unsettled });
  }
  return settlements;
}

/** What the merged record could not hold, its survivor may: only what both sides had alike is still agreed on. */
function whereEqual(base: Base): Base {
  const isAlike = (field: string) => readField(base.app, field) === readField(base.odoo, field);
  const alike = (values: CanonicalRecord) =>
    Object.fromEntries(Object.entries(values).filter(([field]) => isAlike(field)));
  return { ...base, app: alike(base.app), odoo: alike(base.odoo) };
}

function endOf(repointed: Repointed, survivor: string): { next: Next; outcome: Settlement['outcome'] } {
  switch (repointed) {
    case 'moved':
      return { next: { kind: 'again' }, outcome: 'merged' };
    case 'busy':
      return { next: TAKEN, outcome: 'wait' };
    case 'linked':
      return { next: { kind: 'hold', hold: heldAsMerged(survivor) }, outcome: 'hold' };
  }
}

function heldAsMerged(survivor: string): Hold {
  const detail =
    'Odoo merged this record into one that another record of the app is linked to. Merge them in the app as well.';
  return { kind: 'merged', detail, candidates: [survivor] };
}
