/** The clockwork: polls by cron, once at the start, and never two at a time. */
import cron from 'node-cron';
import type { Backend } from '../backends/backend.ts';
import { entities } from '../entities/registry.ts';
import { describeError } from '../errors.ts';
import { type PollContext, poll } from './poller.ts';

export interface ScheduleContext extends PollContext {
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
  void pollNow();
  return {
    pollNow,
    async stop() {
      await task.destroy();
      await running;
    },
  };
}

/** A side that is away keeps its cursor: what it missed is in the window of the next poll. */
async function pollBothSides(context: ScheduleContext): Promise<void> {
  for (const backend of [context.app, context.odoo]) {
    for (const entity of entities) {
      try {
        const marked = await poll(context, backend, entity);
        if (marked > 0) context.log.info({ side: backend.side, entity: entity.name, marked }, 'poll found changes');
      } catch (error) {
        const { code, message } = describeError(error);
        context.log.warn({ side: backend.side, entity: entity.name, code }, message);
      }
    }
  }
}
