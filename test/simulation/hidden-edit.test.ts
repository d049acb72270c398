/**
 * A record is edited, the webhook is lost, and then the side does not show the record for a while. Of what no poll could
 * see while it looked back that far, only the sweep finds out: the one case in which an edit may stay behind without it.
 */
import t from 'tap';
import { type Flow, STORY_MS, sideBySide, toSchedule } from './crash-flows.ts';
import type { Operation } from './operations.ts';
import { runSchedule } from './run-schedule.ts';

/** Polls come every minute and look back so far: what is hidden from two of them on end can be out of the third one's reach. */
const OVERLAP_MS = 100_000;
/** A poll has just been there. */
const EDITED_MS = 35_000;

interface Course {
  readonly edit: Operation;
  readonly hide: Operation;
  readonly sweeps?: boolean;
  readonly lost?: boolean;
}

/** A teacher has the phone 1 on both sides when it is edited, and hidden a second later. */
async function play({ edit, hide, sweeps = false, lost = true }: Course) {
  const flow: Flow = {
    name: 'edited, and hidden',
    born: [{ kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1' } }],
    story: [
      [EDITED_MS, edit],
      [EDITED_MS + 1_000, hide],
    ],
    endsMs: STORY_MS + 300_000,
    least: { calls: 1, remoteWrites: 1 },
    leadsTo: [],
  };
  const { happenings, ...rest } = toSchedule(flow, 1, 1);
  const side = edit.kind === 'app_edit' ? 'app' : 'odoo';
  const silence = { kind: 'webhooks', side, mode: 'lose', forMs: 2_000 } as const;
  const trouble = lost ? [{ at: STORY_MS + EDITED_MS - 1, what: silence }] : [];
  const before = happenings.findIndex(({ at }) => at >= STORY_MS + EDITED_MS);
  const schedule = { ...rest, overlapMs: OVERLAP_MS, sweeps, happenings: happenings.toSpliced(before, 0, ...trouble) };
  let there: readonly string[] = [];
  const { violations } = await runSchedule(schedule, {
    inspect: (world) => {
      there = sideBySide(world);
      return [];
    },
  });
  return { violations, there };
}

const sides = {
  app: {
    edit: { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { phone: '2' } },
    hide: (forMs: number): Operation => ({ kind: 'app_hide', entity: 'teacher', pick: 0, forMs }),
    behind: ['Person 1 2 active | Person 1 1 active'],
  },
  odoo: {
    edit: { kind: 'odoo_edit', pick: { partner: 0 }, values: { phone: '2' }, takesMs: 0 },
    hide: (forMs: number): Operation => ({ kind: 'odoo_right', pick: { partner: 0 }, right: 'hidden', forMs }),
    behind: ['Person 1 1 active | Person 1 2 active'],
  },
} as const;
const EQUAL = ['Person 1 2 active | Person 1 2 active'];

for (const [side, { edit, hide, behind }] of Object.entries(sides)) {
  t.test(`${side}: what each poll in its reach had to leave out waits for the sweep`, async (t) => {
    t.same(await play({ edit, hide: hide(130_000) }), { violations: [], there: behind });
    t.same(await play({ edit, hide: hide(130_000), sweeps: true }), { violations: [], there: EQUAL });
  });

  t.test(`${side}: what a poll shows again in time, or a webhook told, does not`, async (t) => {
    t.same(await play({ edit, hide: hide(40_000) }), { violations: [], there: EQUAL });
    t.same(await play({ edit, hide: hide(60_000), lost: false }), { violations: [], there: EQUAL });
  });
}
