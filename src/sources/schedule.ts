/** The clockwork: polls by cron, once at the start, and never two at a time. */
import cron from 'node-cron';
import type { Backend } from '../backends/backend.ts';
import { entities } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { type PollContext, poll } from './poller.ts';

/** Once a day, at an hour when few people work. */
const TIDY_CRON = '30 2 * * *';

export interface ScheduleContext extends PollContext {
  /** Removes what is older than it need be kept. */
  readonly tidy: () => Promise<void>;
  readonly app: Backend;
  readonly odoo: Backend;
  readonly log: { info(values: object, message: string): void; warn(values: object, message: string): void };
}

export interface Schedule {
  /** Polls both sides now; resolves when that is done. */
  pollNow(): Promise<void>;
  stop(): Promise<void>;
}

export function startSchedule(context: ScheduleContext, pollCron: string): Schedule {
  let running: Promise<void> | null = null;
  function pollNow(): Promise<void> {
    running ??= pollBothSides(context).finally(() => {
      running = null;
    });
    return running;
  }
  const task = cron.schedule(pollCron, pollNow, { noOverlap: true, timezone: 'Etc/UTC' });
  const tidy = cron.schedule(TIDY_CRON, () => tidyUp(context), { noOverlap: true, timezone: 'Etc/UTC' });
  void pollNow();
  return {
    pollNow,
    async stop() {
      await Promise.all([task.destroy(), tidy.destroy()]);
      await running;
    },
  };
}

/** A side that is away keeps its cursor: what it missed is in the window of the next poll. */
async function pollBothSides(context: ScheduleContext): Promise<void> {
  for (const backend of [context.app, context.odoo]) {
    for (const entity of entities) {
      try {
        const { marked, held } = await poll(context, backend, entity);
        if (marked > 0) context.log.info({ side: backend.side, entity: entity.name, marked }, 'poll found changes');
        if (held > 0) {
          context.log.warn(
            { side: backend.side, entity: entity.name, held },
            'new records wait for a person: too many at once',
          );
        }
      } catch (error) {
        const { code, message } = describeError(error);
        context.log.warn({ side: backend.side, entity: entity.name, code }, message);
      }
    }
  }
}

async function tidyUp(context: ScheduleContext): Promise<void> {
  try {
    await context.tidy();
  } catch (error) {
    context.log.warn({ code: describeError(error).code }, 'old logs could not be removed; it is tried again tomorrow');
  }
}
