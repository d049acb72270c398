/**
 * What the stamp of a partner proves once it was adopted: an edit, unless the adoption has moved it itself, however often
 * that went without an answer. Once Odoo's clock is set back, the very second of an earlier stamp may come again.
 */
import t, { type Test } from 'tap';
import { checkEnd, type Flow, STORY_MS, toSchedule } from './crash-flows.ts';
import type { Happening } from './operations.ts';
import { runSchedule, START_MS } from './run-schedule.ts';

async function play(t: Test, flow: Flow, trouble: readonly Happening[], name: string): Promise<void> {
  const schedule = toSchedule(flow, 1, 1);
  const { violations } = await runSchedule(
    { ...schedule, happenings: [...trouble, ...schedule.happenings] },
    {
      inspect: checkEnd(flow),
    },
  );
  t.same(violations, [], name);
}

t.test('the stamp of a partner that was adopted as it was is not taken for that of a write of ours', async (t) => {
  const flow: Flow = {
    name: 'an edit in Odoo under the very stamp that the partner had when it was adopted',
    born: [
      { kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1' } },
      // A customer, as the teacher is one in the app: so nothing is written to the partner.
      { kind: 'odoo_create', tags: ['teacher'], person: 1, values: { phone: '1', customer_rank: 1 }, school: null },
    ],
    story: [
      [0, { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { phone: '2' } }],
      // Back to the second in which the partner was made.
      [3_000, { kind: 'clock', side: 'odoo', jumpMs: -(START_MS + STORY_MS + 3_000) }],
      [3_500, { kind: 'odoo_edit', pick: { partner: 0 }, values: { phone: '3' }, takesMs: 0 }],
    ],
    polled: true,
    least: { calls: 1, remoteWrites: 1 },
    leadsTo: ['Person 1 3 active | Person 1 3 active'],
  };
  await play(t, flow, [], flow.name);
});

t.test('the tag that an adoption without an answer has left is no edit', async (t) => {
  const flow: Flow = {
    name: 'created in the app, where Odoo has the same person with an older phone',
    born: [{ kind: 'odoo_create', tags: [], person: 1, values: { phone: '1' }, school: null }],
    story: [[0, { kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '2' } }]],
    endsMs: STORY_MS + 300_000,
    least: { calls: 1, remoteWrites: 1 },
    leadsTo: ['Person 1 2 active | Person 1 2 active'],
  };
  for (const count of [1, 2, 3]) {
    const lost = { kind: 'call', side: 'odoo', fault: 'lost_answer', count, writesOnly: true } as const;
    await play(t, flow, [{ at: STORY_MS - 1, what: lost }], `${count} answers lost`);
  }
});

t.test('the stamp of an edit since a creation without an answer is not taken for that of the creation', async (t) => {
  const flow: Flow = {
    name: 'an edit in Odoo under the very stamp of an earlier one, which came before the creation was answered for',
    born: [],
    story: [
      [0, { kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1' } }],
      [10_000, { kind: 'odoo_edit', pick: { partner: 0 }, values: { city: 'Ulm' }, takesMs: 0 }],
      [120_000, { kind: 'app_edit', entity: 'teacher', pick: 0, fields: { phone: '2' } }],
      // Back to the second of the first edit.
      [123_000, { kind: 'clock', side: 'odoo', jumpMs: -113_000 }],
      [123_500, { kind: 'odoo_edit', pick: { partner: 0 }, values: { phone: '3' }, takesMs: 0 }],
    ],
    endsMs: STORY_MS + 300_000,
    least: { calls: 1, remoteWrites: 1 },
    leadsTo: ['Person 1 3 active Ulm | Person 1 3 active Ulm'],
  };
  const lost = { kind: 'call', side: 'odoo', fault: 'lost_answer', count: 1, writesOnly: true } as const;
  const silence = { kind: 'webhooks', side: 'app', mode: 'lose', forMs: 2_000 } as const;
  const trouble = [
    { at: STORY_MS - 1, what: lost },
    { at: STORY_MS + 119_000, what: silence },
  ];
  await play(t, flow, trouble, flow.name);
});
