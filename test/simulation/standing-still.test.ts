/**
 * A process stands still in the middle of a pass, at each of its steps once, while people go on: then it writes what it
 * had read long before, and gets no answer. Whatever the step, the later edit wins.
 */
import t from 'tap';
import { checkEnd, type Flow, STORY_MS, toSchedule } from './crash-flows.ts';
import type { Schedule } from './operations.ts';
import { runSchedule } from './run-schedule.ts';

const STILL_MS = 20_000;
/** More than a pass has. */
const STEPS = 40;

const FLOW: Flow = {
  name: 'a phone edited on both sides while another field of the app is under way',
  born: [{ kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1' } }],
  story: [
    [0, { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { city: 'Ulm' } }],
    [3_000, { kind: 'odoo_edit', pick: { partner: 0 }, values: { phone: '2' }, takesMs: 0 }],
    [10_000, { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { phone: '3' } }],
  ],
  least: { calls: 1, remoteWrites: 1 },
  leadsTo: ['Person 1 3 active Ulm | Person 1 3 active Ulm'],
};

function stillAt(step: number): Schedule {
  const { happenings, ...rest } = toSchedule(FLOW, step, 1);
  const at = STORY_MS - 1;
  return {
    ...rest,
    // Where the order cannot be told, the tie goes to whom it is right for.
    tie: 'app',
    happenings: [
      { at, what: { kind: 'stall', process: 0, resumes: step, ms: STILL_MS } },
      { at, what: { kind: 'call', side: 'odoo', fault: 'lost_answer', count: 1, writesOnly: true } },
      ...happenings,
    ],
  };
}

t.test('a process that stood still between reading and writing does not take old for new', async (t) => {
  for (let step = 1; step <= STEPS; step += 1) {
    const { violations } = await runSchedule(stillAt(step), { inspect: checkEnd(FLOW) });
    t.same(violations, [], `step ${step}`);
  }
});
