/** What lies between the bridge and the others: connections that are cut, and events that get lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createChoose } from '../kills/choose.ts';
import type { Forwarder } from '../world/forwarder.ts';

export interface Weather {
  /** Whether the next event gets lost. */
  isLost(): boolean;
  loseEvents(now: boolean): void;
  /** Cuts the wires now and then, until the signal comes; they are whole when it resolves. */
  cutAndMend(wires: readonly Forwarder[], signal: AbortSignal): Promise<void>;
  /** How long each outage took so far, in milliseconds. */
  outages(): readonly number[];
}

const LOST = 0.2;
/** In milliseconds. */
const FAIR = { shortest: 1_000, longest: 8_000 };
const FOUL = { shortest: 500, longest: 8_000 };

export function createWeather(seed: number): Weather {
  // One for each: how many events there are must not change when the wires are cut.
  const [losses, cuts] = [createChoose(seed), createChoose(seed + 1)];
  const outages: number[] = [];
  let losing = false;
  return {
    isLost: () => losing && losses.chance(LOST),
    loseEvents(now) {
      losing = now;
    },
    async cutAndMend(wires, signal) {
      const wait = ({ shortest, longest }: typeof FAIR) =>
        sleep(cuts.between(shortest, longest), undefined, { signal }).catch(() => {});
      while (!signal.aborted) {
        await wait(FAIR);
        if (signal.aborted) return;
        const cutAt = performance.now();
        for (const wire of wires) await wire.cut();
        await wait(FOUL);
        for (const wire of wires) await wire.mend();
        outages.push(performance.now() - cutAt);
      }
    },
    outages: () => outages,
  };
}
