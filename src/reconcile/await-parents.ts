/** Parents before children: a record that refers to one without a counterpart waits for it; nothing is parked. */
import type { CanonicalChanges, Entity, Parent } from '../entities/define-entity.ts';
import { entityNamed } from '../entities/registry.ts';
import { linkedKey, PRIORITY, type RecordKey, type Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import type { Observation } from './read-both-sides.ts';

/** The parent wakes its children by itself; this is for the case that it got its counterpart just before. */
const LOOK_AGAIN_MS = 20_000;

export interface Dependent {
  readonly seen: Observation;
  /** What is about to be written to Odoo. */
  readonly values: CanonicalChanges;
}

/** @returns a settlement for each that has to wait, by link; the parents are marked, should nobody have told of them */
export async function awaitParents(
  context: ReconcileContext,
  entity: Entity,
  dependents: readonly Dependent[],
): Promise<ReadonlyMap<string, Settlement>> {
  const wanted = dependents.flatMap(({ seen, values }) => entity.parents(values).map((parent) => ({ seen, parent })));
  if (wanted.length === 0) return new Map();
  const linked = await context.links.findLinked(wanted.map(({ parent }) => parent));
  const missing = wanted.filter(({ parent }) => !linked.has(linkedKey(parent)));
  for (const [name, group] of Map.groupBy(missing, ({ parent }) => parent.entity)) {
    const keys = group.map(({ parent }): RecordKey => parent);
    await context.links.markApp(keys, entityNamed(name).odoo.model, PRIORITY.live);
  }
  return new Map(missing.map(({ seen, parent }) => [seen.link.id, waitFor(seen, parent)]));
}

function waitFor({ link, unsettled }: Observation, parent: Parent): Settlement {
  const error = {
    code: 'waits_for_parent',
    message: `It refers to the ${parent.entity} ${parent.id}, which is not in Odoo yet.`,
    remedy: `Nothing to do if the ${parent.entity} follows soon; else look why that one is parked or held.`,
  };
  const next = { kind: 'wait', afterMs: LOOK_AGAIN_MS, error, waitsFor: parent } as const;
  return { link, next, outcome: 'wait', logged: true, openIntents: unsettled };
}
