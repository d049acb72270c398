/**
 * A creation is announced, and never reaches Odoo. Until that is sure, somebody enters the same person there: what was
 * to be created and what was found never agreed on anything, so no value of either goes without a trace.
 */
import t from 'tap';
import { type Flow, STORY_MS, sideBySide, toSchedule } from './crash-flows.ts';
import type { Operation } from './operations.ts';
import { runSchedule } from './run-schedule.ts';

const inOdoo = (values: { phone?: string; city?: string }): Operation => ({
  kind: 'odoo_create',
  tags: [],
  person: 1,
  values,
  school: null,
});

/** A teacher with the phone 1 is entered in the app, and then happens what is given, so many milliseconds later. */
async function play(...meanwhile: readonly (readonly [at: number, what: Operation])[]) {
  const flow: Flow = {
    name: 'created in the app, and dropped on its way to Odoo',
    born: [],
    story: [[0, { kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1' } }], ...meanwhile],
    // By then the creation is surely over, and what was found has been compared.
    endsMs: STORY_MS + 200_000,
    least: { calls: 1, remoteWrites: 1 },
    leadsTo: [],
  };
  const { happenings, ...rest } = toSchedule(flow, 1, 1);
  const drop = { kind: 'call', side: 'odoo', fault: 'dropped', count: 1, writesOnly: true } as const;
  const schedule = { ...rest, happenings: [{ at: STORY_MS - 1, what: drop }, ...happenings] };
  const conflicts: string[] = [];
  let there: readonly string[] = [];
  const { violations } = await runSchedule(schedule, {
    store: ({ cursors, links }) => ({
      cursors,
      links: {
        ...links,
        settle(claim, settlements, info) {
          const lost = settlements.flatMap((settlement) => settlement.conflicts ?? []);
          conflicts.push(...lost.map(({ field, app, odoo }) => `${field}: ${app.value} | ${odoo.value}`));
          return links.settle(claim, settlements, info);
        },
      },
    }),
    inspect: (world) => {
      there = sideBySide(world);
      return [];
    },
  });
  return { violations, there, conflicts };
}

t.test('what the app alone has goes to the partner that was found', async (t) => {
  const there = ['Person 1 1 active Ulm | Person 1 1 active Ulm'];
  t.same(await play([5_000, inOdoo({ city: 'Ulm' })]), { violations: [], there, conflicts: [] });
});

t.test('of two values the later one wins, and the other one is on record', async (t) => {
  const there = ['Person 1 2 active | Person 1 2 active'];
  t.same(await play([5_000, inOdoo({ phone: '2' })]), { violations: [], there, conflicts: ['phone: 1 | 2'] });
});

t.test('what is edited in the app meanwhile makes that side the later one', async (t) => {
  const edit: Operation = { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { city: 'Bonn' } };
  const there = ['Person 1 1 active Bonn | Person 1 1 active Bonn'];
  const played = await play([5_000, inOdoo({ phone: '2' })], [10_000, edit]);
  t.same(played, { violations: [], there, conflicts: ['phone: 1 | 2'] });
});
