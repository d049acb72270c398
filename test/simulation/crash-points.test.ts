/**
 * Every call that a flow makes, to the app, to Odoo and to the store, goes wrong once in every way: it fails before or
 * after it was done, or the process dies of it. Whatever the call, the end is the one that it would have been.
 */
import t from 'tap';
import { checkEnd, FLOWS, type Flow, STORY_ENDS_MS, STORY_MS, toSchedule } from './crash-flows.ts';
import { runSchedule, START_MS } from './run-schedule.ts';
import { EPOCH } from './scheduler.ts';
import { BLOWS, type Blow, isLate, strikeNth } from './strikes.ts';
import type { Wrappers } from './world.ts';

t.setTimeout(240_000);

const BEGIN_MS = EPOCH + START_MS;
/** A story that goes on for ever would be no story. */
const MOST_CALLS = 200;

interface Played {
  /** How many calls there were to be struck. */
  readonly calls: number;
  /** What came of it that should not, one sentence each. */
  readonly wrong: readonly string[];
}

/** Plays the story once for each of its calls. */
async function strikeEach(flow: Flow, blow: Blow, processes: number, broken: Wrappers = {}): Promise<Played> {
  const { diesAfter, endsMs = STORY_ENDS_MS } = flow;
  const within = { from: BEGIN_MS + STORY_MS, to: BEGIN_MS + endsMs, diesAfter };
  const wrong: string[] = [];
  for (let nth = 1; ; nth += 1) {
    const striker = strikeNth(blow, nth, within);
    const { violations } = await runSchedule(toSchedule(flow, nth, processes), {
      ...broken,
      strike: striker.strike,
      inspect: checkEnd(flow),
    });
    const where = striker.struck();
    wrong.push(...violations.map(({ invariant, detail }) => `call ${nth}, ${where}: ${invariant} ${detail}`));
    if (where === null || nth > MOST_CALLS) return { calls: nth - 1, wrong };
  }
}

/** Of two processes one goes on when the other dies; what merely fails is the same for both. */
const DYING = BLOWS.filter((blow) => blow.startsWith('dies'));

for (const [processes, blows] of [
  [1, BLOWS],
  [2, DYING],
] as const) {
  for (const flow of FLOWS) {
    t.test(`${flow.name}, with ${processes} process(es)`, async (t) => {
      for (const blow of blows) {
        const { calls, wrong } = await strikeEach(flow, blow, processes);
        const least = isLate(blow) ? flow.least.remoteWrites : flow.least.calls;
        t.ok(calls >= least && calls <= MOST_CALLS, `${blow}: ${calls} calls, each of which was struck`);
        t.same(wrong, [], blow);
      }
    });
  }
}

let tries = 0;

/** Engines that are broken on purpose, by a side that does not keep its word. */
const BROKEN: readonly { readonly what: string; readonly flow: string; readonly backend: Wrappers['backend'] }[] = [
  {
    what: 'each try of a creation has a name of its own',
    flow: 'created in Odoo',
    backend: (backend) => ({
      ...backend,
      create(entity, operations, options) {
        tries += 1;
        const renamed = operations.map((one) => ({ ...one, key: `${one.key}:${tries}` }));
        return backend.create(entity, renamed, options);
      },
    }),
  },
  {
    what: 'a creation is believed to bring all fields',
    flow: 'created in the app, with a school that Odoo does not know',
    backend: (backend) => ({ ...backend, leftOut: async (_entity, records) => records.map(() => []) }),
  },
];

for (const { what, flow: name, backend } of BROKEN) {
  t.test(`it would notice when ${what}`, async (t) => {
    const flow = FLOWS.find((one) => one.name === name);
    if (!flow || !backend) throw new Error(`there is no flow ${name}`);
    const { wrong } = await strikeEach(flow, 'dies_after', 1, { backend });
    t.ok(wrong.length > 0, `${wrong[0]}`);
  });
}
