/** The end: nobody edits, so nobody writes. */
import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

export async function stayQuiet(stage: Stage): Promise<string> {
  const { world } = stage;
  await stage.calm();
  const pairs = await stage.agree();
  const before = await readStamps(stage);
  // The first may have begun before.
  for (let poll = 0; poll < 3; poll += 1) {
    for (const side of ['app', 'odoo']) {
      const polledAt = async () => ((await world.bridge.ask('/healthz')).last_poll as Fields)[side];
      const last = await polledAt();
      await waitUntil(`the bridge polls ${side}`, async () => (await polledAt()) !== last, PATIENCE_MS);
    }
  }
  await stage.calm();
  check(isDeepStrictEqual(await readStamps(stage), before), 'nothing was written on either side');
  await stage.agree();
  const { status, parked, held } = await world.bridge.ask('/healthz');
  check(status === 'ok' && parked === 0 && held === 0, 'the bridge is healthy, nothing is parked or held');
  return `two polls later nothing was written; ${pairs} pairs are equal; /healthz is ok`;
}

/** Who writes a record moves its stamp; who creates one adds one. */
async function readStamps({ app, odoo, world }: Stage): Promise<readonly string[]> {
  const { mark } = world.odoo;
  const stamps: string[] = [];
  for (const collection of ['teachers', 'tenants', 'guests']) {
    for (const { id, updated_at } of await app.all(collection)) stamps.push(`${collection} ${id} ${updated_at}`);
  }
  for (const { id, write_date } of await odoo.search([['name', '=like', `%${mark}`]])) {
    stamps.push(`partner ${id} ${write_date}`);
  }
  return stamps.sort();
}
