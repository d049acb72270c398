/** The clockwork: polls by cron, once at the start, and never two at a time; the sweep and the tidying at night. */
import cron, { type Logger } from 'node-cron';
import type { Backend } from '../backends/backend.ts';
import { entities } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { type PollContext, poll } from './poller.ts';
import { sweep } from './sweep.ts';

/** Once a day, at an hour when few people work. */
const TIDY_CRON = '30 2 * * *';

export interface ScheduleContext extends PollContext {
  /** Removes what is older than it need be kept. */
  readonly tidy: () => Promise<void>;
  readonly app: Backend;
  readonly odoo: Backend;
  readonly log: Readonly<Record<'debug' | 'info' | 'warn', (values: object, message: string) => void>>;
}

/** Five fields, or six with the seconds first, in UTC. */
export interface Crons {
  readonly poll: string;
  readonly sweep: string;
}

export interface Schedule {
  /** Polls both sides, all of it from now on: a poll at work may have passed what is looked for. Resolves when that is done. */
  pollNow(): Promise<void>;
  /** Milliseconds between two polls, as POLL_CRON says. */
  pollEveryMs(): number;
  stop(): Promise<void>;
}

export function startSchedule(context: ScheduleContext, crons: Crons): Schedule {
  const failing = new Map<string, string>();
  const polling = oneAtATime(() => pollBothSides(context, failing));
  const sweeping = oneAtATime(() => sweepBothSides(context));
  const settings = { timezone: 'Etc/UTC', logger: inOurLog(context) };
  const pollTask = cron.schedule(crons.poll, polling.run, settings);
  const tasks = [
    pollTask,
    cron.schedule(crons.sweep, sweeping.run, settings),
    cron.schedule(TIDY_CRON, () => tidyUp(context), settings),
  ];
  void polling.run();
  // A bridge that only runs by day would never do it else.
  void tidyUp(context);
  return {
    async pollNow() {
      await polling.end();
      await polling.run();
    },
    pollEveryMs() {
      const [next, after] = pollTask.getNextRuns(2);
      return next && after ? after.getTime() - next.getTime() : Number.POSITIVE_INFINITY;
    },
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()));
      await Promise.all([polling.end(), sweeping.end()]);
    },
  };
}

/** What node-cron has to say (of a run that it missed, say) stands where all else does, and not on the terminal. */
function inOurLog({ log }: Pick<ScheduleContext, 'log'>): Logger {
  const warn = (message: string | Error) => log.warn({}, String(message));
  const debug = (message: string | Error) => log.debug({}, String(message));
  return { info: debug, debug, warn, error: warn };
}

/** Who asks while it runs waits for the same end. */
function oneAtATime(work: () => Promise<void>): { run(): Promise<void>; end(): Promise<void> } {
  let running: Promise<void> | null = null;
  return {
    run() {
      running ??= work().finally(() => {
        running = null;
      });
      return running;
    },
    end: () => running ?? Promise.resolve(),
  };
}

/** A side that is away keeps its cursor: what it missed is in the window of the next poll. */
async function pollBothSides(context: ScheduleContext, failing: Map<string, string>): Promise<void> {
  for (const backend of [context.app, context.odoo]) {
    for (const entity of entities) {
      try {
        const { marked, held } = await poll(context, backend, entity);
        failing.delete(`${backend.side} ${entity.name}`);
        if (marked > 0) context.log.info({ side: backend.side, entity: entity.name, marked }, 'poll found changes');
        if (held > 0) {
          context.log.warn(
            { side: backend.side, entity: entity.name, held },
            'new records wait for a person: too many at once',
          );
        }
      } catch (error) {
        const { code, message } = describeError(error);
        // What stays as it is (an Odoo app that is not installed) is not told every minute.
        const level = failing.get(`${backend.side} ${entity.name}`) === code ? 'debug' : 'warn';
        failing.set(`${backend.side} ${entity.name}`, code);
        context.log[level]({ side: backend.side, entity: entity.name, code }, message);
      }
    }
  }
}

async function sweepBothSides(context: ScheduleContext): Promise<void> {
  try {
    const certificate = await sweep(context, entities);
    if (certificate === null) return;
    const { pairs, differing } = certificate;
    if (differing === 0) context.log.info({ pairs }, 'sweep: all pairs are as agreed');
    else context.log.warn({ pairs, differing }, 'sweep: pairs differed, and were marked');
  } catch (error) {
    const { code, message } = describeError(error);
    context.log.warn({ code }, `the sweep could not be finished; the next one compares all again. ${message}`);
  }
}

async function tidyUp(context: ScheduleContext): Promise<void> {
  try {
    await context.tidy();
  } catch (error) {
    context.log.warn({ code: describeError(error).code }, 'old logs could not be removed; it is tried again tomorrow');
  }
}
