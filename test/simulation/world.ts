/** Everything that a schedule needs, built from its settings: both sides, the people, the network, the bridge processes. */
import type { Backend } from '../../src/backends/backend.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import { type Bridge, startBridge } from './bridge.ts';
import { createDatabase, type ProcessStore, type Store } from './database.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createNetwork } from './network.ts';
import type { Fault, Schedule } from './operations.ts';
import { createPeople, type People } from './people.ts';
import { createProcess, type Process } from './process.ts';
import { createRandom } from './random.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { createSideClock } from './side-clock.ts';
import { createSimApp, type SimApp } from './sim-app.ts';
import { createSimAppBackend } from './sim-app-backend.ts';
import { createSimOdoo, type SimOdoo } from './sim-odoo.ts';
import { createSimOdooBackend } from './sim-odoo-backend.ts';
import type { Strike } from './strikes.ts';
import type { Trace } from './trace.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

export interface World {
  readonly scheduler: Scheduler;
  readonly app: SimApp;
  readonly odoo: SimOdoo;
  readonly ledger: Ledger;
  readonly people: People;
  readonly webhooks: Webhooks;
  /** Starts all processes of the schedule that do not run. */
  launch(): void;
  befall(fault: Fault): void;
  /** No fault from now on. */
  heal(): void;
  /** Whether nothing is on its way any more: no webhook, no call that was given up. */
  isCalm(): boolean;
}

/** What watches the engine, or breaks it on purpose. */
export interface Wrappers {
  readonly store?: (store: Store, process: string) => Store;
  readonly backend?: (backend: Backend, process: string) => Backend;
  /** Asked at every call to a side or the store. Whoever dies of it is started anew. */
  readonly strike?: Strike;
}

export const INSTANCE = 'main';
export const CALL_MAX_MS = 150_000;
const POLL_MS = 60_000;
const SWEEP_MS = 150_000;
const STEP_LIMIT = 60_000;
/** What a supervisor needs to start a process anew. */
const RESTART_MS = 1_000;

export function createWorld(
  schedule: Schedule,
  trace: Trace,
  openStore: (scheduler: Scheduler) => () => ProcessStore,
  wrappers: Wrappers = {},
): World {
  const random = createRandom(schedule.seed, 2 + schedule.salt);
  const scheduler = createScheduler(random, trace, STEP_LIMIT);
  const ledger = createLedger();
  const network = createNetwork(scheduler, wrappers.strike);
  const bridges = new Map<number, Bridge>();
  let generation = 0;

  const alive = () => [...bridges.values()].filter(({ process }) => process.isAlive());
  const webhooks = createWebhooks(scheduler, () => {
    const doors = alive();
    return doors.length === 0 ? null : random.pick(doors).receive;
  });
  const app = createSimApp({
    scheduler,
    ledger,
    clock: createSideClock(scheduler.now, schedule.offsets.app),
    pageSize: schedule.pageSize,
    onChange: (entity, id) => webhooks.fromApp(entity.name, id),
  });
  const odoo = createSimOdoo({
    scheduler,
    ledger,
    clock: createSideClock(scheduler.now, schedule.offsets.odoo),
    onChange: webhooks.fromOdoo,
  });
  const fickleClocks = schedule.sweeps || !schedule.polls;
  const people = createPeople({ scheduler, network, app, odoo, early: schedule.early, fickleClocks });
  const opened = openStore(scheduler);
  const connect = (process: Process) => {
    const connection = opened();
    return { ...connection, ...wrappers.store?.(connection, process.name) };
  };
  const nudgeAll = () => {
    for (const bridge of alive()) bridge.nudge();
  };
  const database = createDatabase(scheduler, connect, nudgeAll, wrappers.strike);
  const options = {
    scheduler,
    entities: schedule.entities.map(entityNamed),
    workers: schedule.workers,
    batchSize: schedule.batchSize,
    overlapMs: schedule.overlapMs,
    pollMs: POLL_MS,
    polls: schedule.polls,
    sweepMs: schedule.sweeps ? SWEEP_MS : null,
    policy: { tie: schedule.tie, scope: schedule.scope },
    instance: INSTANCE,
    callMaxMs: CALL_MAX_MS,
  };

  function start(index: number): void {
    generation += 1;
    const process = createProcess(scheduler, `bridge${index}.${generation}`);
    const watch = (backend: Backend) => wrappers.backend?.(backend, process.name) ?? backend;
    const simulated = { scheduler, network, process, odoo, pageSize: schedule.pageSize, instance: INSTANCE };
    const sides = {
      app: watch(createSimAppBackend(scheduler, network, process, app)),
      odoo: watch(createSimOdooBackend(simulated)),
    };
    if (wrappers.strike) process.onCrash(() => scheduler.after(RESTART_MS, launch));
    bridges.set(index, startBridge(options, process, database.connect(process), sides));
    scheduler.note(`${process.name} starts`);
  }

  function launch(): void {
    for (let index = 0; index < schedule.processes; index += 1) {
      if (!bridges.get(index)?.process.isAlive()) start(index);
    }
  }

  function crash(index: number, resumes: number, downMs: number): void {
    const bridge = bridges.get(index % schedule.processes);
    bridge?.process.onCrash(() => scheduler.after(downMs, launch));
    bridge?.process.crashAfter(resumes);
  }

  return {
    scheduler,
    app,
    odoo,
    ledger,
    people,
    webhooks,
    launch,
    befall(fault) {
      scheduler.note(`fault ${fault.kind}`);
      switch (fault.kind) {
        case 'call':
          return network.arm(fault.side, fault.fault, fault.count, fault.writesOnly);
        case 'outage':
          return network.cutOff(fault.side, fault.forMs);
        case 'webhooks':
          return webhooks.disturb(fault.side, fault.mode, fault.forMs);
        case 'crash':
          return crash(fault.process, fault.resumes, fault.downMs);
        case 'stall':
          return bridges.get(fault.process % schedule.processes)?.process.stallAfter(fault.resumes, fault.ms);
        case 'database':
          return database.fail(fault.mode, fault.count);
      }
    },
    heal() {
      network.heal();
      database.heal();
      webhooks.heal();
      people.relent();
      for (const { process } of bridges.values()) process.spare();
      launch();
    },
    isCalm: () => network.underWay() === 0 && webhooks.underWay() === 0,
  };
}
