/** The shape of a record's full story. */
import { z } from 'zod';
import { errorDetail, linkState, side, time, value, values } from './shapes.ts';

const named = z.object({ entity: z.string(), id: z.string() });

const away = z.object({ reachable: z.literal(false), error: errorDetail });
const sideNow = z
  .object({
    reachable: z.literal(true),
    record: z
      .object({
        id: z.string(),
        stamp: z.string().nullable().describe("The record's own time of modification."),
        modified: z
          .object({ from: time.nullable(), to: time.nullable(), by_bridge: z.boolean() })
          .nullable()
          .describe('When people last modified it, on the clock of the bridge: this is what is compared.'),
        values,
      })
      .nullable()
      .describe('Null: the side does not return it.'),
    absence: z.string().nullable().describe('Why Odoo does not return it.'),
    clock: z.object({ offset_ms: z.number().nullable(), uncertainty_ms: z.number().nullable() }),
  })
  .or(away);

const pastDecision = z.object({
  to: side,
  event: z.object({ source: side, at: time }).nullable().describe('The webhook that told of it.'),
  rule: z.string(),
  close: z.boolean().describe('The clocks do not prove the order.'),
  app_at: time.nullable(),
  odoo_at: time.nullable(),
  written: z.enum(['ok', 'later', 'stale', 'missing', 'spent', 'refused', 'failed', 'none']),
  confirmed_at: time.nullable(),
  why: z.string(),
});

const field = z.object({
  field: z.string(),
  group: z.string().describe('Fields of one group go together.'),
  owner: z.string(),
  signal: z.boolean().describe('It tells Odoo what to do when it changes, and is never read from there.'),
  base: z.object({ app: value, odoo: value }).nullable().describe('What both sides had agreed on.'),
  app: value.optional(),
  odoo: value.optional(),
  next: z
    .object({ to: side.nullable(), rule: z.string(), why: z.string() })
    .nullable()
    .describe('What a pass would do with it now.'),
  last: z
    .object({
      at: time,
      reconcile_id: z.string().nullable(),
      conflict_id: z.string().nullable(),
      decisions: z.array(pastDecision),
    })
    .nullable()
    .describe('The last time that it went anywhere.'),
});

export const explanation = z
  .object({
    entity: z.string(),
    link_id: z.string(),
    app_id: z.string().nullable(),
    odoo_model: z.string(),
    odoo_id: z.int().nullable(),
    state: linkState,
    state_since: time,
    situation: z
      .object({ kind: z.string(), text: z.string(), remedy: z.string().nullable() })
      .describe('How it stands, and what to do about it, in plain words.'),
    error: errorDetail.nullable(),
    hold: z.looseObject({ kind: z.string(), detail: z.string() }).nullable(),
    warnings: z.array(z.object({ field: z.string(), reason: z.string() })),
    waits_for: named.nullable().describe('The record whose counterpart it needs first.'),
    paused: z.boolean(),
    attempts: z.int(),
    base: z.object({ app: values, odoo: values, agreed_at: time.nullable() }).nullable(),
    app: sideNow,
    odoo: sideNow,
    next: z.object({ decision: z.string(), why: z.string() }).nullable().describe('What a pass would do now.'),
    fields: z.array(field),
    timeline: z.array(
      z.object({
        at: time,
        kind: z.enum(['webhook', 'reconcile', 'conflict', 'restored', 'write_open', 'linked']),
        text: z.string(),
        details: values,
      }),
    ),
  })
  .meta({ id: 'Explanation' });
