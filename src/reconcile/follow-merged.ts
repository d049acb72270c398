/** A partner that Odoo merged into another takes its link along. */
import type { Entity } from '../entities/define-entity.ts';
import type { Claim, Hold, Next, Repointed, Settlement } from '../links/links.ts';
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
    const edits = repointed === 'moved' ? { ...link.edits, odoo: null } : link.edits;
    const end = endOf(repointed, absence.into);
    settlements.set(link.id, { link, ...end, logged: true, edits, openIntents: unsettled });
  }
  return settlements;
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
