/** How a run ends: both sides are read once more, and what is there is kept with the run. Nothing is written to them. */
import type { Backend } from '../backends/backend.ts';
import { entityNamed } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import type { Cursors } from '../links/cursors.ts';
import type { ReadBack, ReadBackRecord, RunMember, Runs } from '../links/runs.ts';
import { isAbsence } from './absence.ts';
import { comparePair, readDigests } from './compare-pair.ts';

export interface ReadBackContext {
  readonly runs: Runs;
  readonly cursors: Cursors;
  readonly app: Backend;
  readonly odoo: Backend;
  /** Where a person sees a record in Odoo. */
  readonly odooRecordUrl: (model: string, id: number) => Promise<string>;
  readonly now: () => number;
}

const MEMBERS_AT_ONCE = 1_000;
/** Records that are named: what a person may want to look at one by one. */
const NAMED = 100;

/** Ends the runs of which nothing is left to do, of whichever process; one of them reads back. */
export async function endRuns(context: ReadBackContext): Promise<void> {
  for (const runId of await context.runs.findEnding()) {
    await context.cursors.withTryLock(`run:${runId}`, async () => {
      if (await context.runs.isRunning(runId)) await context.runs.finish(runId, await readBackOrTell(context, runId));
    });
  }
}

/** That a side went away at the last moment does not undo what the run did. */
async function readBackOrTell(context: ReadBackContext, runId: string) {
  try {
    return await readBack(context, runId);
  } catch (error) {
    return { error: describeError(error) };
  }
}

type Counts = { -readonly [Name in keyof ReadBack['entities'][number]]: ReadBack['entities'][number][Name] };

interface Tally {
  readonly counts: Map<string, Counts>;
  readonly notCompared: Set<string>;
  readonly named: { readonly differing: ReadBackRecord[]; readonly created: ReadBackRecord[] };
  leftOut: number;
}

async function readBack(context: ReadBackContext, runId: string): Promise<ReadBack> {
  const startedAt = context.now();
  const tally: Tally = {
    counts: new Map(),
    notCompared: new Set(),
    named: { differing: [], created: [] },
    leftOut: 0,
  };
  let page: readonly RunMember[] = [];
  do {
    page = await context.runs.listMembers(runId, page.at(-1)?.linkId ?? null, MEMBERS_AT_ONCE);
    for (const [name, members] of Map.groupBy(page, ({ entity }) => entity)) {
      try {
        await readMembers(context, name, members, startedAt, tally);
      } catch (error) {
        if (!isAbsence(error)) throw error;
        tally.notCompared.add(name);
      }
    }
  } while (page.length > 0);
  const entities = [...tally.counts.values()];
  const sum = (count: 'app' | 'odoo' | 'pairs' | 'differing') =>
    entities.reduce((total, entity) => total + entity[count], 0);
  const wanted = [...tally.named.differing, ...tally.named.created];
  return {
    at: new Date(startedAt).toISOString(),
    app: sum('app'),
    odoo: sum('odoo'),
    pairs: sum('pairs'),
    differing: sum('differing'),
    entities,
    not_compared: [...tally.notCompared],
    records: wanted.slice(0, NAMED),
    left_out: tally.leftOut + Math.max(0, wanted.length - NAMED),
  };
}

async function readMembers(
  context: ReadBackContext,
  name: string,
  members: readonly RunMember[],
  startedAt: number,
  tally: Tally,
): Promise<void> {
  const entity = entityNamed(name);
  const present = <T>(values: readonly (T | null)[]) => values.filter((value) => value !== null);
  const seen = {
    app: await readDigests(context.app, entity, present(members.map(({ appId }) => appId))),
    odoo: await readDigests(context.odoo, entity, present(members.map(({ odooId }) => odooId)).map(String)),
  };
  const counts = tally.counts.get(name) ?? { entity: name, app: 0, odoo: 0, pairs: 0, differing: 0 };
  tally.counts.set(name, counts);
  counts.app += seen.app.size;
  counts.odoo += seen.odoo.size;
  for (const { appId, odooId, agreed, outcome, inScope } of members) {
    if (appId === null || odooId === null || !inScope) continue;
    const found = { app: seen.app.get(appId), odoo: seen.odoo.get(String(odooId)) };
    const { differs, app, odoo } = comparePair(agreed, found, startedAt);
    counts.pairs += 1;
    if (differs) counts.differing += 1;
    else if (outcome !== 'create') continue;
    const reason = differs ? 'differing' : 'created';
    if (tally.named[reason].length === NAMED) {
      tally.leftOut += 1;
      continue;
    }
    const odoo_url = await context.odooRecordUrl(entity.odoo.model, odooId);
    const sides = { app: tell(app, agreed?.app), odoo: tell(odoo, agreed?.odoo) };
    tally.named[reason].push({ entity: name, app_id: appId, odoo_id: odooId, reason, ...sides, odoo_url });
  }
}

function tell(found: string | undefined, agreed: string | undefined): ReadBackRecord['app'] {
  if (found === undefined) return 'missing';
  return found === agreed ? 'as_agreed' : 'changed';
}
