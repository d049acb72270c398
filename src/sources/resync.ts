/** A manual resync: marks all records of a collection, or the named ones, and follows them to their end. */
import type { Backend } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import { entitiesOfCollection } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { type Links, PRIORITY } from '../links/links.ts';
import type { RunScope, Runs } from '../links/runs.ts';
import { isAbsence } from './absence.ts';
import { markRecords } from './listing.ts';

export interface ResyncContext {
  readonly links: Links;
  readonly runs: Runs;
  readonly app: Backend;
  readonly odoo: Backend;
}

/**
 * Starts a run and lists in the background.
 * @param collection `contacts`, `all`, or the collection of an entity
 * @returns the run's id, and the end of the listing for who wants to wait for it
 */
export async function startResync(
  context: ResyncContext,
  collection: string,
  scope: RunScope,
): Promise<{ runId: string; listed: Promise<void> }> {
  const runId = await context.runs.start(collection, scope);
  return { runId, listed: listRun(context, runId, collection, scope) };
}

/** Goes on with runs whose listing a crash cut off; marking a record twice does no harm. */
export async function resumeResyncs(context: ResyncContext): Promise<void> {
  for (const { id, collection, scope } of await context.runs.findUnlisted()) {
    await listRun(context, id, collection, scope);
  }
}

async function listRun(context: ResyncContext, runId: string, collection: string, scope: RunScope): Promise<void> {
  try {
    let listed = 0;
    let absent: unknown = null;
    for (const entity of entitiesOfCollection(collection)) {
      if (scope.ids) await enlist(context, runId, context.app, entity, scope.ids);
      // Odoo first: a record that the bridge once made in the app is found by its create key, and by nothing else if Odoo
      // has no external id of it. Looked at from the app it would be somebody new.
      else {
        try {
          for (const backend of await sidesOf(context, entity)) await listSide(context, runId, backend, entity, scope);
          listed += 1;
        } catch (error) {
          if (!isAbsence(error)) throw error;
          absent = error;
        }
      }
    }
    // Of many, those that there are; where there is none at all, the set-up is wrong.
    if (absent !== null && listed === 0) throw absent;
    await context.runs.finishListing(runId);
  } catch (error) {
    // Where not even that can be stored, the run stays as it is, and the next start of a bridge lists it again.
    await context.runs.fail(runId, describeError(error)).catch(() => undefined);
  }
}

/** Where records of the entity are made. */
async function sidesOf({ app, odoo }: ResyncContext, entity: Entity): Promise<readonly Backend[]> {
  return (await odoo.makes(entity)) ? [odoo, app] : [app];
}

async function listSide(
  context: ResyncContext,
  runId: string,
  backend: Backend,
  entity: Entity,
  scope: RunScope,
): Promise<void> {
  const since = scope.since === undefined ? null : Date.parse(scope.since);
  let next: string | null = null;
  do {
    if (!(await context.runs.isRunning(runId))) return;
    const page = await backend.readChanged(entity, since, next);
    const members = page.records.filter(({ memberOf }) => memberOf.includes(entity.name));
    await enlist(
      context,
      runId,
      backend,
      entity,
      members.map(({ id }) => id),
    );
    next = page.next;
  } while (next !== null);
}

async function enlist(
  context: ResyncContext,
  runId: string,
  backend: Backend,
  entity: Entity,
  listed: readonly string[],
): Promise<void> {
  // Looked at a second time, what became of it the first time would be forgotten.
  const ids = await context.runs.findUnasked(runId, backend.side, entity.name, entity.odoo.model, listed);
  await context.runs.release(backend.side, entity.name, entity.odoo.model, ids);
  await markRecords(context.links, backend, entity, ids, PRIORITY.resync);
  await context.runs.enlist(runId, backend.side, entity.name, entity.odoo.model, ids);
}
