/** Ends processes of the bridge in the middle of their work, again and again; each is started anew at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../people/wait-until.ts';
import type { Bridge } from '../world/prepare-bridge.ts';
import type { Choose } from './choose.ts';

export interface Killer {
  /** How many kills there were so far. */
  kills(): number;
  /** Kills one of them after a while, chosen by chance, and starts it anew. */
  strike(): Promise<void>;
  /** Kills all of them together and, when `meanwhile` is done, starts them anew. */
  strikeAll(meanwhile: () => Promise<void>): Promise<void>;
}

/** Between two kills, in milliseconds: from the midst of a start to well into the work. */
const SHORTEST = 50;
const LONGEST = 1_500;
const START_MS = 60_000;

/** @param longest between two kills, in milliseconds */
export function createKiller(bridges: readonly Bridge[], choose: Choose, longest = LONGEST): Killer {
  /** By their place: whether the process has come up since it was last killed. */
  const states = bridges.map(() => ({ isUp: true, failure: null as unknown }));
  let kills = 0;

  function start(index: number): void {
    const state = { isUp: false, failure: null as unknown };
    states[index] = state;
    // One that is killed while it starts never comes up, and that is no failure: its place has another state by then.
    bridges[index]?.start().then(
      () => {
        state.isUp = true;
      },
      (error: unknown) => {
        state.failure = error;
      },
    );
  }

  function untilUp(what: string, isEnough: (up: number) => boolean): Promise<unknown> {
    return waitUntil(
      what,
      () => {
        for (const { failure } of states) if (failure) throw failure;
        return isEnough(states.filter(({ isUp }) => isUp).length);
      },
      START_MS,
    );
  }

  return {
    kills: () => kills,
    async strike() {
      await sleep(choose.between(SHORTEST, longest));
      const up = states.flatMap(({ isUp }, index) => (isUp ? [index] : []));
      // Mostly one that works; now and then one that is just starting.
      const index = up.length > 0 && choose.chance(0.9) ? choose.oneOf(up) : choose.between(0, bridges.length - 1);
      await bridges[index]?.kill();
      kills += 1;
      start(index);
      // Without anybody at work a kill would prove nothing.
      if (choose.chance(0.9)) await untilUp('a process of the bridge is up', (count) => count > 0);
    },
    async strikeAll(meanwhile) {
      await Promise.all(bridges.map((bridge) => bridge.kill()));
      kills += bridges.length;
      await meanwhile();
      for (const index of bridges.keys()) start(index);
      await untilUp('all processes of the bridge are up', (count) => count === bridges.length);
    },
  };
}
