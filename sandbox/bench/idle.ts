/** That nothing is written while nobody does anything: every record of both sides, before and after some minutes of polls. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields } from '../people/people.ts';
import { waitUntil } from '../people/wait-until.ts';
import type { World } from '../world/start-world.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';

const PEOPLE = 50;
const PATIENCE_MS = 120_000;

export const idle: Bench = {
  describe: 'writes on either side while nobody edits, over N minutes of polls',
  defaultN: 10,
  run: measureIdle,
};

async function measureIdle({ n: minutes, startWorld, say }: BenchOptions): Promise<BenchResult> {
  const world = await startWorld({ appWebhooks: true });
  await world.bridge.run('webhooks', 'install');
  await world.bridge.start();
  for (let number = 1; number <= PEOPLE; number += 1) {
    const fields = { name: `Idle ${number} ${world.odoo.mark}`.trim(), phone: '06 12 34 56 78', city: 'Lyon' };
    await world.atApp.create('teachers', fields);
  }
  await waitUntil('all are in Odoo', async () => (await readPartners(world)).length === PEOPLE, PATIENCE_MS);
  await waitUntil('the queue is empty', async () => isCalm(await world.bridge.ask('/healthz')), PATIENCE_MS);
  const before = await snapshot(world);
  say(`${PEOPLE} teachers are on both sides; now nobody does anything for ${minutes} minutes`);
  await sleep(minutes * 60_000);
  const after = await snapshot(world);
  const written = { app: countChanged(before.app, after.app), odoo: countChanged(before.odoo, after.odoo) };
  const { last_poll: polls } = await world.bridge.ask('/healthz');
  const figures = { bench: 'idle', minutes, records: PEOPLE, written, last_poll: polls, odoo_kind: world.odoo.kind };
  return {
    figures,
    lines: [
      `${minutes} minutes of polls over ${PEOPLE} pairs, with ${world.odoo.what}:`,
      `  written in the app   ${written.app}`,
      `  written in Odoo      ${written.odoo}`,
    ],
    isGood: written.app === 0 && written.odoo === 0,
  };
}

function readPartners({ atOdoo, odoo }: World): Promise<Fields[]> {
  const domain = [['name', '=like', `Idle %${odoo.mark}`]];
  return atOdoo.call('res.partner', 'search_read', { domain, fields: ['write_date'] }) as Promise<Fields[]>;
}

/** By id, the stamp of each record. */
async function snapshot(world: World) {
  const [app, odoo] = [await world.atApp.all('teachers'), await readPartners(world)];
  return {
    app: new Map(app.map(({ id, updated_at }) => [String(id), String(updated_at)])),
    odoo: new Map(odoo.map(({ id, write_date }) => [String(id), String(write_date)])),
  };
}

/** Records that are new, gone or written. */
function countChanged(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].filter((id) => before.get(id) !== after.get(id)).length;
}

function isCalm({ queue }: Fields): boolean {
  return (queue as { depth: number }).depth === 0;
}
