/** Writing what the merges decided, in one batch per side, each write announced by an intent first. */
import type { SideRecord, UpdateOperation, WriteResult } from '../backends/backend.ts';
import type { Entity, Side } from '../entities/define-entity.ts';
import { type Claim, type Intent, PRIORITY, type Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import type { Merge } from './decide.ts';
import type { Observation } from './read-both-sides.ts';
import { settleMerge } from './settlement.ts';
import { updateKey } from './write-keys.ts';

export interface PlannedUpdate {
  readonly seen: Observation;
  readonly merge: Merge;
}

interface Write {
  readonly linkId: string;
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
  const toApp = planned.flatMap((plan) => toWrite(context, plan, 'app'));
  const toOdoo = planned.flatMap((plan) => toWrite(context, plan, 'odoo'));
  await ensureReferences(
    context,
    entity,
    toOdoo.map(({ operation }) => operation.changes),
  );
  const intents = [
    ...toApp.map((write) => toIntent(context, write, 'app')),
    ...toOdoo.map((write) => toIntent(context, write, 'odoo')),
  ];
  const ours = await context.links.recordIntents(claim, intents);
  const mine = (writes: readonly Write[]) => writes.filter(({ linkId }) => ours.has(linkId));
  const [appResults, odooResults] = await Promise.all([
    writeAll(context, entity, mine(toApp), 'app'),
    writeAll(context, entity, mine(toOdoo), 'odoo'),
  ]);
  const written = planned.filter(({ seen }) => ours.has(seen.link.id));
  return written.map(({ seen, merge }) => {
    const results = { app: appResults.get(seen.link.id) ?? null, odoo: odooResults.get(seen.link.id) ?? null };
    return settleMerge(context, seen, merge, results);
  });
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

function toWrite(context: ReconcileContext, { seen, merge }: PlannedUpdate, side: Side): readonly Write[] {
  const changes = side === 'app' ? merge.toApp : merge.toOdoo;
  const record: SideRecord | null = seen[side];
  if (record === null || Object.keys(changes).length === 0) return [];
  const key = updateKey(context.instance, seen.link, record.stamp, changes);
  return [{ linkId: seen.link.id, quiet: seen.link.priority >= PRIORITY.resync, operation: { key, record, changes } }];
}

function toIntent(context: ReconcileContext, write: Write, side: Side): Intent {
  const { key, changes } = write.operation;
  return {
    linkId: write.linkId,
    side,
    kind: 'update',
    key,
    fields: changes,
    overAt: context.now() + context.callMaxMs,
  };
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
    batch.forEach(({ linkId }, index) => {
      results.set(linkId, answers[index] ?? { kind: 'failed', error: new TypeError('a write was left unanswered') });
    });
  }
  return results;
}
