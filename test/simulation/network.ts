/** The network between the bridge and both sides: each call takes its time and may fail in every way that calls do. */
import type { Side } from '../../src/entities/define-entity.ts';
import { type CallFault, isExecuted, LATEST_LANDING_MS, TIMEOUT_MS, toError } from './call-faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { Blow, Strike } from './strikes.ts';

export interface Call<T> {
  readonly side: Side;
  readonly name: string;
  readonly writes: boolean;
  /** The records that it writes to, as the ledger names them. */
  readonly records?: readonly string[];
  /** What the server does, all at once. @param begunAt true time at which its transaction began */
  readonly run: (begunAt: number) => T;
}

export interface Network {
  call<T>(process: Process, call: Call<T>): Promise<T>;
  /** The next so many calls to the side fail in this way. */
  arm(side: Side, fault: CallFault, count: number, writesOnly: boolean): void;
  /** No request to the side leaves for so long. */
  cutOff(side: Side, forMs: number): void;
  /** Something that happens between the bridge's reading and the arrival of its next write. */
  beforeNextWrite(side: Side, act: (records: readonly string[]) => void): void;
  /** From now on all calls succeed. */
  heal(): void;
  /** How many calls that were given up may still land. */
  underWay(): number;
}

interface Armed {
  readonly side: Side;
  readonly fault: CallFault;
  readonly writesOnly: boolean;
  left: number;
}

const FAULT_OF: Readonly<Record<Blow, CallFault | null>> = {
  fails_before: 'unreachable',
  fails_after: 'lost_answer',
  fails_late: 'late',
  dies_before: null,
  dies_after: null,
  dies_late: null,
};

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export function createNetwork(scheduler: Scheduler, strike: Strike = () => null): Network {
  const { random } = scheduler;
  let armed: Armed[] = [];
  const cutOffUntil: Record<Side, number> = { app: 0, odoo: 0 };
  let underWay = 0;
  let intruders: { side: Side; act: (records: readonly string[]) => void }[] = [];

  function nextFault(side: Side, writes: boolean): CallFault | null {
    if (scheduler.now() < cutOffUntil[side]) return 'unreachable';
    const found = armed.find((entry) => entry.side === side && (writes || !entry.writesOnly));
    if (!found) return null;
    found.left -= 1;
    if (found.left === 0) armed = armed.filter((entry) => entry !== found);
    return found.fault;
  }

  function letIntrudersIn(side: Side, records: readonly string[]): void {
    const here = intruders.filter((entry) => entry.side === side);
    intruders = intruders.filter((entry) => entry.side !== side);
    for (const { act } of here) act(records);
  }

  return {
    call<T>(process: Process, { side, name, writes, records = [], run }: Call<T>): Promise<T> {
      // What is left of a process that died sends nothing any more.
      if (!process.isAlive()) return new Promise(() => {});
      const blow = strike({ side, name, writes, now: scheduler.now() });
      const fault = blow === null ? nextFault(side, writes) : FAULT_OF[blow];
      const travel = random.between(5, 120);
      const answer = random.between(5, 120);
      return new Promise<T>((resolve, reject) => {
        const settle = (outcome: Outcome<T>) =>
          process.resume(() => {
            scheduler.note(`${process.name} ${side} ${name} ${describe(outcome, fault)}`);
            if (outcome.ok) resolve(outcome.value);
            else reject(outcome.error);
          });
        const execute = (begunAt: number): Outcome<T> => {
          if (records.length > 0) letIntrudersIn(side, records);
          try {
            return { ok: true, value: run(begunAt) };
          } catch (error) {
            return { ok: false, error };
          }
        };
        if (blow === 'dies_before') process.die();
        else if (blow === 'dies_after') {
          scheduler.after(travel, () => {
            execute(scheduler.now());
            process.die();
          });
        } else if (blow === 'dies_late') {
          process.die();
          underWay += 1;
          scheduler.after(random.between(travel, LATEST_LANDING_MS), () => {
            underWay -= 1;
            execute(scheduler.now());
          });
        } else if (fault === null) {
          scheduler.after(travel, () => {
            const outcome = execute(scheduler.now());
            scheduler.after(answer, () => settle(outcome));
          });
        } else if (fault === 'slow') {
          scheduler.after(travel, () => {
            const begunAt = scheduler.now();
            scheduler.after(random.between(1_000, 20_000), () => {
              const outcome = execute(begunAt);
              scheduler.after(answer, () => settle(outcome));
            });
          });
        } else {
          const givesUpAfter = fault === 'late' ? TIMEOUT_MS[side] : travel + answer;
          const landsAfter = fault === 'late' ? random.between(travel, LATEST_LANDING_MS) : travel;
          if (isExecuted(fault)) {
            underWay += 1;
            scheduler.after(landsAfter, () => {
              underWay -= 1;
              execute(scheduler.now());
            });
          }
          scheduler.after(givesUpAfter, () => settle({ ok: false, error: toError(side, fault) }));
        }
      });
    },
    arm(side, fault, count, writesOnly) {
      armed.push({ side, fault, left: count, writesOnly });
    },
    cutOff(side, forMs) {
      cutOffUntil[side] = Math.max(cutOffUntil[side], scheduler.now() + forMs);
    },
    beforeNextWrite(side, act) {
      intruders.push({ side, act });
    },
    heal() {
      armed = [];
      Object.assign(cutOffUntil, { app: 0, odoo: 0 });
      for (const { act } of intruders.splice(0)) act([]);
    },
    underWay: () => underWay,
  };
}

function describe(outcome: Outcome<unknown>, fault: CallFault | null): string {
  if (fault !== null) return fault;
  if (outcome.ok) return 'ok';
  return outcome.error instanceof Error ? outcome.error.name : 'failed';
}
