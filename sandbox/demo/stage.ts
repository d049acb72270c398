/** What every step of the story works with. */
import type { AppPerson, Fields, OdooPerson } from '../people/people.ts';
import { waitUntil } from '../people/wait-until.ts';
import { compareSides } from '../world/compare-sides.ts';
import type { World } from '../world/start-world.ts';

export interface Stage {
  readonly world: World;
  readonly app: AppPerson;
  readonly odoo: OdooPerson;
  /** The name that somebody has in this run. */
  named(name: string): string;
  /** Waits until all that was marked has been worked off. */
  calm(): Promise<void>;
  /** Waits until all records of the story are equal on both sides. @returns how many pairs there are */
  agree(timeoutMs?: number): Promise<number>;
  conflicts(): Promise<readonly Fields[]>;
}

export const PATIENCE_MS = 60_000;

/** Odoo tells its stamps in whole seconds: edits this far apart have an order that both clocks can prove. */
export const APART_MS = 2_500;

export function setStage(world: World): Stage {
  const { atApp: app, atOdoo: odoo, bridge } = world;
  const { mark } = world.odoo;
  return {
    world,
    app,
    odoo,
    named: (name) => (mark === '' ? name : `${name} ${mark}`),
    calm: () =>
      waitUntil(
        'the queue of the bridge is empty',
        async () => ((await bridge.ask('/healthz')).queue as { depth: number }).depth === 0,
        PATIENCE_MS,
      ).then(() => {}),
    async agree(timeoutMs = PATIENCE_MS) {
      let seen = await compareSides(app, odoo, mark);
      const isEqual = async () => {
        seen = await compareSides(app, odoo, mark);
        return seen.differences.length === 0;
      };
      await waitUntil('both sides agree', isEqual, timeoutMs).catch((error: Error) => {
        const [first, second, ...more] = seen.differences;
        throw new Error(
          [error.message, first, second, more.length > 0 && `and ${more.length} more`].filter(Boolean).join('; '),
        );
      });
      return seen.pairs;
    },
    conflicts: async () => (await bridge.ask('/api/conflicts?limit=500')).data as Fields[],
  };
}

/** Ends the story unless it holds. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not as it should be: ${what}`);
}

export function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}
