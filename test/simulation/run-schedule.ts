/** Runs one schedule to its end and looks at what became of it. */
import type { LinksSettings } from '../../src/links/postgres-links.ts';
import { IDLE_MS } from './bridge.ts';
import { checkArchives } from './check-archives.ts';
import { checkDuplicates } from './check-duplicates.ts';
import { checkEdits } from './check-edits.ts';
import { checkEqual } from './check-equal.ts';
import { createLookout } from './check-namesakes.ts';
import { createReviewer } from './check-winners.ts';
import type { ProcessStore } from './database.ts';
import type { LinkView } from './link-view.ts';
import { createMemoryStore } from './memory-links.ts';
import { isFault, type Schedule } from './operations.ts';
import { TWO_POLLS_MS } from './people.ts';
import { EPOCH, type Scheduler, StepLimit } from './scheduler.ts';
import { createTrace } from './trace.ts';
import type { Violation } from './violation.ts';
import { createWitness } from './witness.ts';
import { createWorld, type World, type Wrappers } from './world.ts';

/** A store for one run, empty, with its clock and its chance taken from the run. */
export interface OpenedStore {
  connect(): ProcessStore;
  viewLinks(): readonly LinkView[] | Promise<readonly LinkView[]>;
}

export type OpenStore = (scheduler: Scheduler, settings: LinksSettings) => OpenedStore;

export interface RunOptions extends Wrappers {
  /** The twin in memory, if nothing else is given. */
  readonly openStore?: OpenStore;
  /** The lines of the trace are kept, for a person to read. */
  readonly keepTrace?: boolean;
  /** Looks at the end for what this very schedule should have led to. @returns what is not so, one sentence each */
  readonly inspect?: (world: World) => readonly string[];
}

export interface Result {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly hash: string;
  readonly steps: number;
  /** Decisions of conflicts that the reference model looked at. */
  readonly reviewed: number;
  readonly trace: readonly string[];
}

export type Run = (schedule: Schedule, options?: RunOptions) => Promise<Result>;

const GUARD_PERCENT = 10;
/** Whoever alters what is stored does it with any seed: a few stores with frozen copies find out. */
const ISOLATED_EVERY = 20;
/** The bridge is started when the world has been there for a while. */
export const START_MS = 3_000;
/** Three polls. */
const CALM_MS = 190_000;
/** After a webhook that came before its commit, the record is looked at for the last time. */
const LAST_LOOK_MS = 310_000;
/** A worker that missed its nudge looks by then, and needs a moment for what it finds. */
const NEXT_LOOK_MS = IDLE_MS + 30_000;
/** A call of unknown outcome is waited for, and a try that failed often comes back after five minutes. */
const LONGEST_MS = 3_600_000;

/** The twin in memory. */
function inMemory({ seed }: Schedule): OpenStore {
  const isolates = seed % ISOLATED_EVERY === 0;
  return (scheduler, settings) =>
    createMemoryStore({ settings, now: scheduler.now, random: scheduler.random.next, isolates });
}

type ViewLinks = OpenedStore['viewLinks'];

export async function runSchedule(schedule: Schedule, options: RunOptions = {}): Promise<Result> {
  const trace = createTrace(options.keepTrace ?? false);
  let links: ViewLinks = () => [];
  const openStore = (scheduler: Scheduler) => {
    const settings = {
      entitiesOf: () => schedule.entities,
      guardPercent: GUARD_PERCENT,
      looksAgain: () => schedule.early,
    };
    const store = (options.openStore ?? inMemory(schedule))(scheduler, settings);
    links = store.viewLinks;
    return store.connect;
  };
  const witness = createWitness(() => world.scheduler.now());
  const reviewer = createReviewer({
    now: () => world.scheduler.now(),
    ledger: () => world.ledger,
    clocks: () => ({ app: world.app.clock, odoo: world.odoo.clock }),
    tie: schedule.tie,
    pairs: () => witness.pairs,
  });
  const lookout = createLookout(
    () => world.scheduler.now(),
    () => world,
  );
  const world: World = createWorld(schedule, trace, openStore, {
    ...(options.strike && { strike: options.strike }),
    store: (opened, process) => {
      const store = options.store?.(opened, process) ?? opened;
      return lookout.watchStore(witness.watch(reviewer.watchStore(store, process)));
    },
    backend: (side, process) => {
      const backend = options.backend?.(side, process) ?? side;
      return lookout.watchBackend(reviewer.watchBackend(backend, process));
    },
  });
  const violations: Violation[] = [];
  try {
    await play(world, schedule);
    await comeToRest(world, links, schedule.early ? LAST_LOOK_MS : CALM_MS);
    // What is parked for flapping goes on when ten minutes have passed: those writes are no echo.
    const flaps = (await links()).some(({ reason }) => reason === 'flapping');
    const writes = countWrites(world);
    await world.scheduler.runUntil(world.scheduler.now() + TWO_POLLS_MS);
    const echoes = countWrites(world) - writes;
    if (echoes > 0 && !flaps)
      violations.push({ invariant: 'I4', detail: `${echoes} writes by the bridge although nothing changed` });
    await finish(world, links);
    const left = await links();
    violations.push(
      ...checkEqual(world, left, witness, schedule),
      ...checkDuplicates(world, left),
      ...lookout.violations(),
      ...checkEdits(world, left, witness, schedule.scope),
      ...checkArchives(world, witness),
      ...reviewer.violations,
      ...(options.inspect?.(world) ?? []).map((detail) => ({ invariant: 'I1', detail })),
      ...witness.backwards.map((name) => ({ invariant: 'I13', detail: `${name} went back` })),
    );
  } catch (error) {
    if (!(error instanceof StepLimit)) throw error;
    violations.push({ invariant: 'I11', detail: error.message });
  }
  return {
    seed: schedule.seed,
    violations,
    hash: trace.hash(),
    steps: world.scheduler.steps(),
    reviewed: reviewer.reviewed(),
    trace: trace.lines(),
  };
}

async function play(world: World, { born, happenings }: Schedule): Promise<void> {
  const { scheduler, people } = world;
  for (const operation of born) people.perform(operation);
  scheduler.after(START_MS, world.launch);
  for (const { at, what } of happenings) {
    scheduler.after(START_MS + at, () => (isFault(what) ? world.befall(what) : people.perform(what)));
  }
  await scheduler.runUntil(EPOCH + START_MS + (happenings.at(-1)?.at ?? 0));
  world.heal();
}

/** Runs until three polls in a row found everything done. What never comes to rest is told by the check of the links. */
async function comeToRest(world: World, links: ViewLinks, calmMs: number): Promise<void> {
  const { scheduler, isCalm } = world;
  const latest = scheduler.now() + LONGEST_MS;
  let writes: number;
  do {
    writes = countWrites(world);
    await scheduler.runUntil(scheduler.now() + calmMs);
  } while (scheduler.now() < latest && (!isCalm() || isUndone(await links(), countWrites(world) > writes)));
}

/** Who is held as a possible duplicate is free once the other one got another name: the sweep after that finds out. */
function isUndone(links: readonly LinkView[], wrote: boolean): boolean {
  return links.some(({ dirty, reason }) => dirty || (reason === 'match' && wrote));
}

/** A poll may have marked something a moment ago: that is looked at soon. */
async function finish({ scheduler }: World, links: ViewLinks): Promise<void> {
  const latest = scheduler.now() + NEXT_LOOK_MS;
  while (scheduler.now() < latest && (await links()).some(({ dirty }) => dirty)) {
    await scheduler.runUntil(scheduler.now() + 1_000);
  }
}

function countWrites({ ledger }: World): number {
  return ledger.changes.filter(({ author }) => author === 'bridge').length;
}
