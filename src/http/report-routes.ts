/** What operators look at: links, conflicts, held and parked records. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Page, PageRequest, Reports } from '../links/reports.ts';
import { addRoute, type Operation } from './operation.ts';
import {
  entityFilter,
  errorDetail,
  linkState,
  listOf,
  pageQuery,
  recordIds,
  recordName,
  rowId,
  side,
  time,
  value,
} from './shapes.ts';

const HOLD_KINDS = ['delete', 'rewrite', 'create', 'match', 'merged'] as const;

const linkRow = z
  .object({
    id: rowId,
    ...recordIds,
    odoo_model: z.string(),
    name: recordName,
    state: linkState,
    dirty: z.boolean().describe('Whether it waits for a pass.'),
    attempts: z.int(),
    error: errorDetail.nullable(),
    hold: z
      .object({ kind: z.enum(HOLD_KINDS), detail: z.string(), candidates: z.array(z.string()).optional() })
      .nullable(),
    warnings: z.array(z.object({ field: z.string(), reason: z.string() })).nullable(),
    created_at: time,
  })
  .meta({
    id: 'Link',
    examples: [
      {
        id: '17',
        entity: 'teacher',
        app_id: '42',
        odoo_id: 4_711,
        odoo_model: 'res.partner',
        name: 'Ada Lovelace',
        state: 'active',
        dirty: false,
        attempts: 0,
        error: null,
        hold: null,
        warnings: null,
        created_at: '2026-11-25T09:30:00.000Z',
      },
    ],
  });

const conflictSide = z.object({ value, at: time.nullable().describe('When that side was last modified.') });
const conflictRow = z
  .object({
    id: rowId,
    ...recordIds,
    name: recordName,
    field: z.string(),
    base: value.describe('What both had agreed on.'),
    app: conflictSide,
    odoo: conflictSide,
    winner: side,
    rule: z.string().describe('Why it won.'),
    close: z.boolean().describe('The clocks do not prove the order.'),
    clocks: z.unknown().describe('Both clocks as measured then.'),
    decided_at: time,
    restored_at: time.nullable(),
  })
  .meta({
    id: 'Conflict',
    examples: [
      {
        id: '5',
        entity: 'apartment',
        app_id: '7',
        odoo_id: 31,
        name: 'Quai 4',
        field: 'description',
        base: 'Two rooms',
        app: { value: 'Two rooms, balcony', at: '2026-11-25T09:29:58.000+00:00' },
        odoo: { value: 'Two rooms, garden', at: '2026-11-25T09:29:40.000+00:00' },
        winner: 'app',
        rule: 'later',
        close: false,
        clocks: null,
        decided_at: '2026-11-25T09:30:00.000Z',
        restored_at: null,
      },
    ],
  });

const heldRow = z
  .object({
    id: rowId,
    ...recordIds,
    odoo_model: z.string(),
    name: recordName,
    kind: z.enum(HOLD_KINDS),
    detail: z.string(),
    candidates: z.array(z.string()).nullable().describe('Ids on the other side that it may be the same as.'),
    since: time,
  })
  .meta({
    id: 'Held',
    examples: [
      {
        id: '17',
        entity: 'guest',
        app_id: '42',
        odoo_id: null,
        odoo_model: 'res.partner',
        name: null,
        kind: 'match',
        detail: 'Several records fit.',
        candidates: ['31', '32'],
        since: '2026-11-25T09:30:00.000Z',
      },
    ],
  });

const parkedRow = z
  .object({ id: rowId, ...recordIds, name: recordName, error: errorDetail.nullable(), attempts: z.int(), since: time })
  .meta({ id: 'Parked' });
const parkedGroup = z
  .object({
    error_code: z.string().nullable(),
    message: z.string().nullable(),
    remedy: z.string().nullable(),
    count: z.int(),
    since: time,
  })
  .meta({
    id: 'ParkedGroup',
    examples: [
      {
        error_code: 'unstorable_characters',
        message: 'A text holds a character that Odoo cannot store.',
        remedy: 'Remove it in the app.',
        count: 3,
        since: '2026-11-25T09:30:00.000Z',
      },
    ],
  });

export async function reportRoutes(server: FastifyInstance, { reports }: { reports: Reports }): Promise<void> {
  /** A list whose filters stand in its query. */
  function addList<Q extends z.ZodType<PageRequest>>(
    about: Pick<Operation, 'id' | 'tag' | 'path' | 'summary'> & { readonly query: Q; readonly row: z.ZodType },
    read: (request: z.output<Q>) => Promise<Page>,
  ): void {
    const { row, ...operation } = about;
    const answers = { 200: { description: 'A page.', schema: listOf(row) } };
    addRoute(server, { ...operation, method: 'GET', access: 'read', answers }, ({ query }) => read(query));
  }

  addList(
    {
      id: 'listLinks',
      tag: 'Records',
      path: '/api/links',
      summary: 'Which record is linked to which, and how it stands',
      query: z.object({
        entity: entityFilter,
        state: linkState.optional(),
        q: z.string().trim().min(1).max(128).optional().describe('Part of a name, or a whole id of either side.'),
        ...pageQuery,
      }),
      row: linkRow,
    },
    reports.links,
  );
  addList(
    {
      id: 'listConflicts',
      tag: 'Decisions',
      path: '/api/conflicts',
      summary: 'Contested fields with the value that lost, newest first',
      query: z.object({ entity: entityFilter, ...pageQuery }),
      row: conflictRow,
    },
    reports.conflicts,
  );
  addList(
    {
      id: 'listHeld',
      tag: 'Decisions',
      path: '/api/held',
      summary: 'What waits for a person, and why',
      query: z.object({ entity: entityFilter, ...pageQuery }),
      row: heldRow,
    },
    reports.held,
  );
  addList(
    {
      id: 'listParked',
      tag: 'Decisions',
      path: '/api/parked',
      summary: 'Records that were set aside, with error and remedy',
      query: z.object({
        entity: entityFilter,
        group: z.enum(['error_code']).optional().describe('One row for each error instead of each record.'),
        ...pageQuery,
      }),
      row: z.union([parkedRow, parkedGroup]),
    },
    async ({ group, ...request }) =>
      group ? { data: await reports.parkedByError(), next_cursor: null } : reports.parked(request),
  );
}
