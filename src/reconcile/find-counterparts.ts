/** Looking for the counterparts that records may already have on the other side. */
import type { SideRecord } from '../backends/backend.ts';
import type { Entity, Side } from '../entities/define-entity.ts';
import type { Occupant } from '../links/links.ts';
import { lookAgainMs } from './backoff.ts';
import { type Candidate, chooseMatch } from './choose-match.ts';
import type { ReconcileContext } from './context.ts';
import type { PlannedCreate } from './create-counterparts.ts';
import { findMakers, findNamed, type NamedPartners } from './find-named.ts';
import { createKey } from './write-keys.ts';

/** A record whose link is about to come here: Odoo merged its own one into this one. */
const MERGING_MS = 250;

export type MatchVerdict =
  /** A creation of ours was not answered and may still land: looked for again after so long. */
  | {
      readonly kind: 'wait';
      readonly plan: PlannedCreate;
      readonly afterMs: number;
      /** App id of a link that has to be looked at before. */
      readonly mark?: string;
    }
  | { readonly kind: 'create' | 'gone'; readonly plan: PlannedCreate }
  | {
      readonly kind: 'link';
      readonly plan: PlannedCreate;
      readonly id: string;
      /** It carries the name of our creation. Any other record is none that the creation made, whatever that had sent. */
      readonly isNamed?: boolean;
    }
  | {
      readonly kind: 'hold';
      readonly plan: PlannedCreate;
      readonly detail: string;
      readonly candidates: readonly string[];
    };

type Match = MatchVerdict & { readonly kind: 'link' };

/** Call it under the lock of each match key. @returns one verdict per plan, in order */
export async function findCounterparts(
  context: ReconcileContext,
  entity: Entity,
  target: Side,
  plans: readonly PlannedCreate[],
): Promise<readonly MatchVerdict[]> {
  const source: Side = target === 'app' ? 'odoo' : 'app';
  const { merging, known } = target === 'app' ? await findNamed(context, entity, plans) : NOBODY;
  const keyOf = (plan: PlannedCreate) => createKey(context.instance, entity, plan.seen.link, target);
  const created = await context[target].findCreated(entity, plans.map(keyOf));
  const open = plans.filter((plan) => !created.has(keyOf(plan)));
  const matchKeys = open.flatMap(({ values }) => entity.matchKey(values) ?? []);
  const found = await findByMatchKey(context, entity, target, matchKeys);
  const candidateIds = [...found.values()].flat().map(({ id }) => id);
  const occupants = await context.links.findOccupants(target, entity.name, entity.odoo.model, [
    ...candidateIds,
    ...created.values(),
    ...plans.flatMap(({ seen: { link } }) => (link.decision?.kind === 'link' ? link.decision.id : [])),
  ]);
  const namesakes = await findByMatchKey(
    context,
    entity,
    source,
    matchKeys.filter((key) => found.has(key)),
  );
  const verdicts = plans.map((plan): MatchVerdict => {
    const { decision, intents } = plan.seen.link;
    const begun = intents.some(({ kind }) => kind === 'create');
    const follows = merging.get(plan.seen.link.id);
    // Once its own counterpart may have been made, the link that comes here waits for that.
    if (follows !== undefined && !begun) return { kind: 'wait', plan, afterMs: MERGING_MS, mark: follows };
    const own = decision === null && !begun ? known.get(plan.seen.link.id) : undefined;
    if (own !== undefined) return linkAsNamed(plan, own);
    const createdId = created.get(keyOf(plan));
    if (createdId !== undefined) return recognize(plan, createdId, occupants, entity);
    const afterMs = mayStillLandMs(context, plan, target);
    if (afterMs > 0) return { kind: 'wait', plan, afterMs };
    if (plan.onlyIfCreated) return { kind: 'gone', plan };
    // The app itself knows its answer to an earlier try; a match would take our own record for a stranger's.
    if (target === 'app' && begun) return { kind: 'create', plan };
    if (decision?.kind === 'create') return { kind: 'create', plan };
    if (decision?.kind === 'link') return linkAsDecided(plan, decision.id, occupants, entity);
    const isCompany = plan.seen[source]?.isCompany ?? false;
    const matchKey = entity.matchKey(plan.values);
    const records = (matchKey !== null && found.get(matchKey)) || [];
    const answer = chooseMatch({
      name: entity.matchName(plan.values),
      isCompany,
      candidates: records.map((record) => toCandidate(record, entity, occupants)),
      ownSideCount: (matchKey === null ? [] : (namesakes.get(matchKey) ?? [])).filter(
        (record) => record.isCompany === isCompany,
      ).length,
    });
    return { ...answer, plan };
  });
  const matched = verdicts.flatMap((verdict) => (verdict.kind === 'link' && !verdict.isNamed ? [verdict.id] : []));
  const makers = target === 'odoo' ? await findMakers(context, entity, matched) : [];
  const making = occupants.filter((held) => held.entity === entity.name && held.creating);
  const isBeingMade = (match: Match) =>
    [...making, ...(match.isNamed ? [] : makers)].some(
      ({ id, linkId }) => id === match.id && linkId !== match.plan.seen.link.id,
    );
  return verdicts.map((verdict) =>
    // What comes of that is tied to it, so that this one may need a counterpart of its own. The answer may be lost.
    verdict.kind === 'link' && isBeingMade(verdict)
      ? { kind: 'wait', plan: verdict.plan, afterMs: lookAgainMs(context.now() - verdict.plan.seen.link.dirtyAt) }
      : verdict,
  );
}

const NOBODY: NamedPartners = { merging: new Map(), known: new Map() };

/** Odoo remembers whose the partner is. After a merge it may be several records'. */
function linkAsNamed(plan: PlannedCreate, appIds: readonly string[]): MatchVerdict {
  const [id] = appIds;
  if (id !== undefined && appIds.length === 1) return { kind: 'link', plan, id };
  const detail = 'Its external ids name several records of the app that are not linked.';
  return { kind: 'hold', plan, detail, candidates: appIds };
}

/** A person chose the counterpart: whatever its name or e-mail, unless it is somebody else's. */
function linkAsDecided(plan: PlannedCreate, id: string, occupants: readonly Occupant[], entity: Entity): MatchVerdict {
  const taken = occupants.some(
    (held) => held.id === id && held.entity === entity.name && held.appId !== null && held.odooId !== null,
  );
  if (!taken) return { kind: 'link', plan, id };
  return {
    kind: 'hold',
    plan,
    detail: 'The record that was chosen is linked to another one already.',
    candidates: [id],
  };
}

/** Odoo may run a call that was given up here; the app answers a second try with the first one's record. */
const LOOK_AGAIN_MS = 5_000;

function mayStillLandMs(context: ReconcileContext, { seen }: PlannedCreate, target: Side): number {
  if (target === 'app') return 0;
  const overAt = Math.max(
    0,
    ...seen.link.intents.filter(({ kind }) => kind === 'create').map((intent) => intent.overAt),
  );
  return Math.min(LOOK_AGAIN_MS, overAt - context.now());
}

/** A record under our own creation name: the one a lost answer told of, or one that an older database of ours made. */
function recognize(plan: PlannedCreate, id: string, occupants: readonly Occupant[], entity: Entity): MatchVerdict {
  const taken = occupants.some(
    (held) => held.id === id && held.entity === entity.name && held.linkId !== plan.seen.link.id && held.appId !== null,
  );
  if (!taken) return { kind: 'link', plan, id, isNamed: true };
  return { kind: 'hold', plan, detail: 'Its external id names a record that is linked elsewhere.', candidates: [id] };
}

async function findByMatchKey(
  context: ReconcileContext,
  entity: Entity,
  side: Side,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly SideRecord[]>> {
  const records = keys.length === 0 ? [] : await context[side].findMatches(entity, keys);
  return Map.groupBy(records, ({ values }) => entity.matchKey(values) ?? '');
}

function toCandidate(record: SideRecord, entity: Entity, occupants: readonly Occupant[]): Candidate {
  const links = occupants.filter(({ id, appId, odooId }) => id === record.id && appId !== null && odooId !== null);
  const same = links.some((held) => held.entity === entity.name);
  const linked = same ? 'same_entity' : links.length > 0 ? 'other_entity' : 'free';
  return { id: record.id, name: entity.matchName(record.values), isCompany: record.isCompany, linked };
}
