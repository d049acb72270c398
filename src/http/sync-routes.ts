/** Manual resync and its progress. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RunChanges } from '../links/run-changes.ts';
import type { RunScope } from '../links/runs.ts';
import { type ResyncContext, startResync } from '../sources/resync.ts';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';
import { errorDetail, listOf, pageQuery, recordIds, side, time, value } from './shapes.ts';

export interface SyncRouteOptions {
  readonly resync: ResyncContext;
  /** Starts a dry run. @returns its id */
  readonly plan: (collection: string, scope: RunScope) => Promise<string>;
  readonly changes: RunChanges;
  /** Collections that may be named, e.g. `contacts`, `teachers`. */
  readonly collections: readonly string[];
}

const scope = z
  .strictObject({
    ids: z.array(z.string().min(1).max(128)).max(10_000).optional().describe('Only these ids of the app.'),
    since: time.optional().describe('Only what changed since then (RFC 3339).'),
    dry_run: z.boolean().optional().describe('True tells what it would change, and writes nothing.'),
  })
  .nullish()
  .meta({ examples: [{ since: '2026-11-24T00:00:00Z' }] });

const RUN = {
  id: '0b1f4c1e-6a52-4c57-9a53-0a8f3f3f9d11',
  status: 'running' as const,
  dry_run: false,
  collection: 'teachers',
  total: 1_200,
  done: 300,
  created: 2,
  updated: 7,
  unchanged: 290,
  conflicts: 1,
  parked: 0,
  held: 0,
  started_at: '2026-11-25T09:30:00.000Z',
  finished_at: null,
  eta_seconds: 45,
  read_back: null,
};

const counts = {
  app: z.int().describe('Records of the run that the app has.'),
  odoo: z.int().describe('Records of the run that Odoo has.'),
  pairs: z.int().describe('Of them, pairs that were compared by the content of all mapped fields.'),
  differing: z.int().describe('Of these, pairs that are not as both sides last agreed.'),
};
const found = z.enum(['as_agreed', 'changed', 'missing']);
const readBack = z
  .object({
    at: time,
    ...counts,
    entities: z.array(z.object({ entity: z.string(), ...counts })),
    not_compared: z.array(z.string()).describe('Entities that a side does not have.'),
    records: z
      .array(
        z.object({
          ...recordIds,
          reason: z.enum(['created', 'differing']),
          app: found,
          odoo: found,
          odoo_url: z.string().describe("The record in Odoo's own pages."),
        }),
      )
      .describe('What differs, and what was made.'),
    left_out: z.int().describe('How many more records there are.'),
  })
  .meta({ id: 'ReadBack', description: 'What both sides held when a run had ended.' });

const runSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(['running', 'done', 'cancelled', 'failed']),
    dry_run: z.boolean(),
    collection: z.string(),
    total: z.int().describe('Records that it asked for so far; it may grow while both sides are listed.'),
    done: z.int(),
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    conflicts: z.int(),
    parked: z.int(),
    held: z.int(),
    started_at: time,
    finished_at: time.nullable(),
    eta_seconds: z.int().nullable(),
    read_back: readBack
      .or(z.object({ error: errorDetail }))
      .nullable()
      .describe('Null unless it is done; an error where a side was away just then.'),
    error: errorDetail.optional().describe('Why it failed.'),
  })
  .meta({ id: 'Run', examples: [RUN] });

const started = z
  .object({ run_id: z.uuid(), collection: z.string(), status: z.literal('running'), dry_run: z.boolean() })
  .meta({ examples: [{ run_id: RUN.id, collection: 'teachers', status: 'running', dry_run: false }] });

const ACTIONS = ['create', 'update', 'archive', 'restore', 'delete', 'link', 'hold', 'park', 'wait'] as const;

const changeRow = z
  .object({
    ...recordIds,
    action: z.enum(ACTIONS).describe('`hold`, `park` and `wait` change nothing: `reason` says why.'),
    to: side.nullable().describe('The side that would be written; null for none.'),
    fields: z.record(z.string(), z.object({ from: value, to: value })),
    steps: z.array(z.string()).optional().describe('What goes along with it in Odoo, in this order.'),
    later: z.array(z.string()).optional().describe('Fields that follow: what Odoo makes of them is not known before.'),
    conflicts: z
      .array(z.object({ field: z.string(), winner: side, rule: z.string() }))
      .optional()
      .describe('Contested fields that it decides.'),
    reason: errorDetail
      .partial()
      .extend({ candidates: z.array(z.string()).optional() })
      .optional(),
  })
  .meta({
    id: 'PlannedChange',
    examples: [
      {
        entity: 'teacher',
        app_id: '42',
        odoo_id: 4_711,
        action: 'update',
        to: 'odoo',
        fields: { phone: { from: '04 72 00 00 01', to: '04 72 00 00 02' } },
      },
    ],
  });

export async function syncRoutes(
  server: FastifyInstance,
  { resync, plan, changes, collections }: SyncRouteOptions,
): Promise<void> {
  const error = `Name one of: ${collections.join(', ')}.`;
  addRoute(
    server,
    {
      id: 'startSync',
      tag: 'Synchronisation',
      method: 'POST',
      path: '/api/sync/:collection',
      access: 'operate',
      summary: 'Look at all records of a collection, or at the named ones',
      description: '`contacts` are teachers, tenants and guests. What a guard held of these records may pass.',
      params: z.object({ collection: z.enum(collections, { error }) }),
      unknown: 'unknown_collection',
      body: scope,
      answers: {
        202: {
          description: 'It has begun.',
          schema: started,
          headers: { location: 'Where its progress is.' },
        },
      },
    },
    async ({ params: { collection }, body }, _request, reply) => {
      const { ids, since, dry_run = false } = body ?? {};
      const asked = { ...(ids && { ids }), ...(since && { since }) };
      const run_id = dry_run ? await plan(collection, asked) : (await startResync(resync, collection, asked)).runId;
      return reply
        .code(202)
        .header('location', `/api/sync/runs/${run_id}`)
        .send({ run_id, collection, status: 'running', dry_run });
    },
  );

  addRoute(
    server,
    {
      id: 'listRuns',
      tag: 'Synchronisation',
      method: 'GET',
      path: '/api/sync/runs',
      access: 'read',
      summary: 'Resyncs, newest first',
      query: z.object({ ...pageQuery, cursor: z.uuid().optional().describe('`next_cursor` of the page before.') }),
      answers: { 200: { description: 'A page.', schema: listOf(runSchema) } },
    },
    ({ query }) => resync.runs.list(query),
  );

  const ofRun = { params: z.object({ id: z.uuid() }), unknown: 'unknown_run' } as const;
  addRoute(
    server,
    {
      id: 'getRun',
      tag: 'Synchronisation',
      method: 'GET',
      path: '/api/sync/runs/:id',
      access: 'read',
      summary: 'The progress of a resync',
      ...ofRun,
      answers: { 200: { description: 'How far it is.', schema: runSchema } },
    },
    async ({ params: { id } }, _request, reply) => (await resync.runs.report(id)) ?? sendProblem(reply, 'unknown_run'),
  );

  addRoute(
    server,
    {
      id: 'listRunChanges',
      tag: 'Synchronisation',
      method: 'GET',
      path: '/api/sync/runs/:id/changes',
      access: 'read',
      summary: 'What a dry run would change',
      description:
        'Empty until the run is done, and when it was cancelled. An id is null where the record is to be made.',
      ...ofRun,
      query: z.object(pageQuery),
      answers: { 200: { description: 'A page.', schema: listOf(changeRow) } },
      problems: ['no_dry_run'],
    },
    async ({ params: { id }, query }, _request, reply) => {
      const report = await resync.runs.report(id);
      if (!report) return sendProblem(reply, 'unknown_run');
      return report.dry_run ? changes.list(id, query) : sendProblem(reply, 'no_dry_run');
    },
  );

  addRoute(
    server,
    {
      id: 'cancelRun',
      tag: 'Synchronisation',
      method: 'POST',
      path: '/api/sync/runs/:id/cancel',
      access: 'operate',
      summary: 'End a resync',
      description:
        'What a resync marked already is reconciled all the same; of a retry, what was not begun stays parked; a dry run tells of no change.',
      ...ofRun,
      answers: { 200: { description: 'How far it came; one that had ended stays as it was.', schema: runSchema } },
    },
    async ({ params: { id } }, _request, reply) => {
      if (!(await resync.runs.report(id))) return sendProblem(reply, 'unknown_run');
      await resync.runs.cancel(id);
      return resync.runs.report(id);
    },
  );
}
