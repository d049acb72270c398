/** Holds a plan against what a real resync then does, record by record and field by field. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { z } from 'zod';
import type { SideRecord } from '../../src/backends/backend.ts';
import { searchPage } from '../../src/backends/odoo/odoo-records.ts';
import { readingOf } from '../../src/backends/overlay.ts';
import type { Context } from '../../src/context.ts';
import type { CanonicalRecord, Entity, Side } from '../../src/entities/define-entity.ts';
import { diffRecords, type FieldDiffs } from '../../src/entities/field-diffs.ts';
import { entitiesOfCollection, entityNamed } from '../../src/entities/registry.ts';
import type { PlannedChange } from '../../src/links/run-changes.ts';
import type { RunReport } from '../../src/links/runs.ts';
import { runCommand } from './run-command.ts';
import type { TestSetup } from './start-bridge.ts';

type Asked = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, never> }>;

export function operatorOf(setup: TestSetup): Asked {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(setup.bridge.url + path, init);
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
}

/** Over HTTP. @returns the report, and all changes, by pages of three */
export async function runOverHttp(setup: TestSetup, collection: string, body: object = {}) {
  const ask = operatorOf(setup);
  const started = await ask('POST', `/api/sync/${collection}`, body);
  if (started.status !== 202) throw new Error(`not started: ${JSON.stringify(started)}`);
  const path = `/api/sync/runs/${started.body.run_id}`;
  let report = {} as RunReport;
  do {
    await sleep(100);
    report = (await ask('GET', path)).body as unknown as RunReport;
  } while (report.status === 'running');
  const changes: PlannedChange[] = [];
  for (let cursor: string | null = '0'; report.dry_run && cursor !== null; ) {
    const page: Record<string, never> = (await ask('GET', `${path}/changes?limit=3&cursor=${cursor}`)).body;
    changes.push(...(page.data as unknown as PlannedChange[]));
    cursor = page.next_cursor as unknown as string | null;
  }
  return { report, changes };
}

interface Seen {
  readonly values: CanonicalRecord;
  readonly isMember: boolean;
}
type Held = ReadonlyMap<string, Seen>;

/** All records of both sides as the bridge reads them, by `entity:side:id`; those that are no members as well. */
async function lookAtBoth(context: Context, collections: readonly string[]): Promise<Held> {
  const held = new Map<string, Seen>();
  for (const entity of collections.flatMap(entitiesOfCollection)) {
    for (const side of ['app', 'odoo'] as const) {
      for (const { id, values, memberOf } of await readAll(context, side, entity)) {
        held.set(`${entity.name}:${side}:${id}`, { values, isMember: memberOf.includes(entity.name) });
      }
    }
  }
  return held;
}

async function readAll(context: Context, side: Side, entity: Entity): Promise<readonly SideRecord[]> {
  const backend = readingOf(context[side]);
  const records: SideRecord[] = [];
  for (let next: string | null = null, more = true; more; more = next !== null) {
    const page = await backend.readChanged(entity, 0, next);
    records.push(...page.records);
    next = page.next;
  }
  if (side === 'app' || entity.odoo.membership.kind !== 'tag') return records;
  // Listed are members only; a plan may make one of anybody.
  const { transport } = await context.odoo.connected();
  const rows = z
    .array(z.object({ id: z.number() }))
    .parse(await searchPage(transport, entity.odoo.model, [], [], 5_000));
  const known = new Set(records.map(({ id }) => id));
  const others = rows.map(({ id }) => String(id)).filter((id) => !known.has(id));
  return [...records, ...(await backend.read(entity, others))];
}

/** What was done, in the form of a plan; what was made is known by its name, for a plan has no id of it. */
function tellDone(before: Held, after: Held): readonly string[] {
  const lines = [...after].flatMap(([key, now]) => {
    const [entity = '', side = '', id = ''] = key.split(':');
    const was = before.get(key);
    if (!now.isMember && !was?.isMember) return [];
    const fields = diffRecords(was?.values ?? {}, now.values);
    if (was === undefined) return [describe(entity, side, 'create', nameOf(now.values), withoutActive(fields))];
    if (Object.keys(fields).length === 0) return [];
    const active = fields.active?.to;
    return [describe(entity, side, active === undefined ? 'update' : active ? 'restore' : 'archive', id, fields)];
  });
  return [...new Set(lines)];
}

function tellPlanned({ entity, to, action, app_id, odoo_id, fields }: PlannedChange): readonly string[] {
  // The company of a school is no record that is mapped.
  if (to === null || action === 'link' || entity === 'school') return [];
  const values = Object.fromEntries(Object.entries(fields).map(([field, diff]) => [field, diff.to]));
  const id = action === 'create' ? nameOf(values) : String(to === 'app' ? app_id : odoo_id);
  return [describe(entity, to, action, id, action === 'create' ? withoutActive(fields) : fields)];
}

const nameOf = ({ name, title, number, subject }: CanonicalRecord) => String(name ?? title ?? number ?? subject);
const withoutActive = ({ active: _born, ...fields }: FieldDiffs) => fields;

/** In Odoo one record may be several of the app's: there it goes by its model. */
function describe(entity: string, side: string, action: string, id: string, fields: FieldDiffs): string {
  const sorted = Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
  const kind = side === 'odoo' ? entityNamed(entity).odoo.model : entity;
  return `${action} ${kind} ${id} in ${side}: ${JSON.stringify(Object.fromEntries(sorted))}`;
}

export interface Plan extends RunReport {
  readonly changes: readonly PlannedChange[];
}

/** `bridge plan`, or what else is to be run. @returns its exit code, and what it printed */
export async function runJson<T>(setup: TestSetup, ...args: string[]): Promise<{ code: number; told: T }> {
  const { code, stdout, stderr } = await runCommand(setup.environment, ...args, '--json');
  if (stdout === '') throw new Error(`bridge ${args.join(' ')} ended with ${code}: ${stderr}`);
  return { code, told: JSON.parse(stdout) as T };
}

/**
 * Plans, syncs, and compares, while no bridge runs.
 * @param tidy what is to be left out of both, because nobody but Odoo can know it before: then it returns null
 * @param looked the collections that are looked at, where not all can be
 */
export async function planThenSync(
  t: Test,
  setup: TestSetup,
  context: Context,
  collection: string,
  {
    tidy = (line) => line,
    looked = [collection],
  }: { tidy?: (line: string) => string | null; looked?: readonly string[] } = {},
) {
  const before = await lookAtBoth(context, looked);
  const { code, told: plan } = await runJson<Plan>(setup, 'plan', collection);
  t.match(plan, { status: 'done', dry_run: true, error: undefined });
  t.equal(code, plan.changes.length > 0 ? 3 : 0, 'the exit code tells of drift');
  const { told: done } = await runJson<RunReport>(setup, 'sync', collection);
  const after = await lookAtBoth(context, looked);
  const lines = (some: readonly string[]) => some.flatMap((line) => tidy(line) ?? []).sort();
  t.same(
    lines(plan.changes.flatMap(tellPlanned)),
    lines(tellDone(before, after)),
    'each planned change is done, no other',
  );
  if (done.parked > plan.parked) t.comment(JSON.stringify(await context.reports.parkedByError()));
  const hasLater = plan.changes.some(({ later }) => later);
  t.same(counts(plan, hasLater), counts(done, hasLater), 'and counted as planned');
  return { plan, done };
}

/** @param hasLater what comes later, as Odoo makes it, is an update that no plan can count */
function counts(run: RunReport, hasLater: boolean) {
  const { total, done, created, updated, unchanged, conflicts, parked, held } = run;
  const seen = hasLater ? { seen: updated + unchanged } : { updated, unchanged };
  return { total, done, created, conflicts, parked, held, ...seen };
}
