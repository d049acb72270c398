/** Writing what the merges decided, in one batch per side, each write announced by an intent first. */
import type { SideRecord, UpdateOperation, WriteResult } from '../backends/backend.ts';
import type { CanonicalChanges, Entity, Side } from '../entities/define-entity.ts';
import { type Claim, type GuardedIntent, PRIORITY, type Settlement } from '../links/links.ts';
import { asPast } from './bridge-clock.ts';
import type { ReconcileContext } from './context.ts';
import type { Merge } from './decide.ts';
import { guardFor, holdByGuard } from './guards.ts';
import type { Observation } from './read-both-sides.ts';
import { describeConflicts, findStrayed, settleMerge } from './settlement.ts';
import { updateKey } from './write-keys.ts';

export interface PlannedUpdate {
  readonly seen: Observation;
  readonly merge: Merge;
}

interface Write {
  readonly plan: PlannedUpdate;
  readonly side: Side;
  readonly quiet: boolean;
  readonly operation: UpdateOperation;
}

export async function applyUpdates(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  planned: readonly PlannedUpdate[],
): Promise<readonly Settlement[]> {
  if (planned.length === 0) return [];
  const shared = await findShared(context, entity, planned);
  const toApp = planned.flatMap((plan) => toWrite(context, plan, 'app', plan.merge.toApp));
  const toOdoo = planned.flatMap((plan) => toWrite(context, plan, 'odoo', changesToOdoo(plan, shared)));
  await ensureReferences(
    context,
    entity,
    toOdoo.map(({ operation }) => operation.changes),
  );
  const intents = [...toApp, ...toOdoo].map((write) => toIntent(context, entity, write));
  const { ours, held } = await context.links.recordIntents(claim, intents);
  const mine = (writes: readonly Write[]) =>
    writes.filter(({ plan }) => ours.has(plan.seen.link.id) && !held.has(plan.seen.link.id));
  const [appResults, odooResults] = await Promise.all([
    writeToApp(context, entity, mine(toApp)),
    writeAll(context, entity, mine(toOdoo), 'odoo'),
  ]);
  const keyOf = (writes: readonly Write[], id: string) =>
    writes.find(({ plan }) => plan.seen.link.id === id)?.operation.key ?? null;
  return planned.flatMap(({ seen, merge }) => {
    const { id } = seen.link;
    const guard = held.get(id);
    if (guard !== undefined) return [holdByGuard(seen, guard)];
    if (!ours.has(id)) return [];
    const odoo = odooResults.get(id) ?? null;
    const results = { app: appResults.get(id) ?? null, odoo: shared.has(id) ? leaveActive(seen, odoo) : odoo };
    const keys = { app: keyOf(toApp, id), odoo: keyOf(toOdoo, id) };
    return [settleMerge(context, entity, seen, merge, results, keys)];
  });
}

/** Links whose Odoo record also stands for a record of another kind that is not archived: it must stay in use. */
async function findShared(
  context: ReconcileContext,
  entity: Entity,
  planned: readonly PlannedUpdate[],
): Promise<ReadonlySet<string>> {
  const archiving = planned.filter(({ merge, seen }) => merge.toOdoo.active === false && seen.odoo !== null);
  if (archiving.length === 0) return new Set();
  const ids = archiving.map(({ seen }) => seen.odoo?.id ?? '');
  const occupants = await context.links.findOccupants('odoo', entity.name, entity.odoo.model, ids);
  const inUse = occupants.filter(
    ({ entity: kind, appId, appActive, inScope }) => kind !== entity.name && appId !== null && appActive && inScope,
  );
  return new Set(
    archiving.filter(({ seen }) => inUse.some(({ id }) => id === seen.odoo?.id)).map(({ seen }) => seen.link.id),
  );
}

function changesToOdoo({ seen, merge }: PlannedUpdate, shared: ReadonlySet<string>): CanonicalChanges {
  if (!shared.has(seen.link.id)) return merge.toOdoo;
  const { active: _inUse, ...rest } = merge.toOdoo;
  return rest;
}

function leaveActive(seen: Observation, result: WriteResult | null): WriteResult {
  const reason = 'The Odoo record stays active: it also stands for a record of another kind that is not archived.';
  const written = result ?? {
    kind: 'ok',
    id: seen.odoo?.id ?? '',
    stamp: null,
    values: {},
    deferred: [],
    warnings: [],
  };
  if (written.kind !== 'ok') return written;
  return { ...written, warnings: [...written.warnings, { field: 'active', reason }] };
}

/** Companies that the changes name are made first, each under its lock, so that two workers make one. */
export async function ensureReferences(
  context: ReconcileContext,
  entity: Entity,
  changes: readonly UpdateOperation['changes'][],
): Promise<void> {
  const keys = await context.odoo.missingReferences(entity, changes);
  if (keys.length === 0) return;
  const locks = keys.map((key) => `reference:${key}`);
  await context.links.withMatchLocks(locks, () => context.odoo.createReferences(keys));
}

function toWrite(
  context: ReconcileContext,
  plan: PlannedUpdate,
  side: Side,
  changes: CanonicalChanges,
): readonly Write[] {
  const { seen } = plan;
  const record: SideRecord | null = seen[side];
  if (record === null || Object.keys(changes).length === 0) return [];
  const whole = seen[side === 'app' ? 'odoo' : 'app']?.values ?? {};
  const agreed = seen.base?.app ?? null;
  const key = updateKey(context.instance, seen.link, record.stamp, changes);
  return [
    { plan, side, quiet: seen.link.priority >= PRIORITY.resync, operation: { key, record, changes, whole, agreed } },
  ];
}

function toIntent(context: ReconcileContext, entity: Entity, { plan, side, operation }: Write): GuardedIntent {
  const { seen, merge } = plan;
  const edited = seen.modified[side];
  const guard = guardFor(context, entity, plan, side, operation.changes);
  return {
    linkId: seen.link.id,
    side,
    kind: 'update',
    key: operation.key,
    fields: operation.changes,
    conflicts: describeConflicts(seen, merge, side),
    edited: edited === null || edited.ours ? null : asPast(edited, context.now()),
    strayed: findStrayed(seen.base?.[side] ?? {}, operation.record.values),
    onStamp: operation.record.stamp,
    sentAt: seen.readAt,
    overAt: context.now() + context.callMaxMs,
    ...(guard && { guard }),
  };
}

/** What goes along with it in Odoo comes first: as long as that has not succeeded, the app must go on to differ. */
async function writeToApp(
  context: ReconcileContext,
  entity: Entity,
  writes: readonly Write[],
): Promise<ReadonlyMap<string, WriteResult>> {
  const along = writes.filter(
    ({ plan, operation }) => plan.seen.odoo !== null && hasCompany(entity, operation.changes),
  );
  const operations = along.map(({ plan: { seen }, operation }) => ({
    ...operation,
    record: seen.odoo as SideRecord,
    whole: operation.record.values,
  }));
  const results = along.length === 0 ? [] : await context.odoo.accompany(entity, operations);
  const failed = new Map(
    along.flatMap(({ plan }, index) => {
      const result = results[index];
      return result && result.kind !== 'ok' ? [[plan.seen.link.id, result] as const] : [];
    }),
  );
  const written = await writeAll(
    context,
    entity,
    writes.filter(({ plan }) => !failed.has(plan.seen.link.id)),
    'app',
  );
  return new Map([...written, ...failed]);
}

function hasCompany({ odoo }: Entity, changes: CanonicalChanges): boolean {
  return (odoo.transitions ?? []).some(({ accompanies }) => accompanies !== undefined && accompanies in changes);
}

/** Live edits keep the other side's history speaking; backfills do not flood it. */
async function writeAll(
  context: ReconcileContext,
  entity: Entity,
  writes: readonly Write[],
  side: Side,
): Promise<ReadonlyMap<string, WriteResult>> {
  const results = new Map<string, WriteResult>();
  for (const quiet of [false, true]) {
    const batch = writes.filter((write) => write.quiet === quiet);
    if (batch.length === 0) continue;
    const operations = batch.map(({ operation }) => operation);
    const answers = await context[side].update(entity, operations, { quiet });
    batch.forEach(({ plan }, index) => {
      results.set(
        plan.seen.link.id,
        answers[index] ?? { kind: 'failed', error: new TypeError('a write was left unanswered') },
      );
    });
  }
  return results;
}
