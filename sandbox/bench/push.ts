/**
 * How fast changed people get into Odoo: through the bridge (its polls find them, it reads both sides, decides, writes
 * and remembers), and by a bare client that only writes, with the faster of the two fastest methods there are.
 * Both write the same field of the same partners, each partner its own value, taking turns, and both have done it once
 * before it counts. The bridge's time begins with the poll that finds the changes; while people edit, and while the
 * client writes, it is held still. Odoo's webhooks are switched off for both: it would post one for every written partner,
 * to a bridge that is held still while the client writes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { searchActions, writeIfUnchanged } from '../../src/backends/odoo/server-actions.ts';
import type { OdooTransport } from '../../src/backends/odoo/transport.ts';
import { writeContext } from '../../src/backends/odoo/write-context.ts';
import type { Fields } from '../people/people.ts';
import { waitUntil } from '../people/wait-until.ts';
import type { World } from '../world/start-world.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { inParallel } from './in-parallel.ts';
import { median } from './statistics.ts';

const ROUNDS = 3;
const BATCH = 500;
const PATIENCE_MS = 600_000;
const AIM = 0.85;
/** Seldom enough not to slow Odoo down. */
const GLANCE_MS = 200;
/** Time enough for a round between two polls, which a round shall not have more than one of; in seconds. */
const POLL_EVERY = 20;
/** The held bridge goes on so long before its poll is due. */
const AHEAD_MS = 500;
/** Nothing moved for so long: the poll that was under way is over, and so is what it found. */
const CALM_MS = 3_000;

export const push: Bench = {
  describe: 'changed partners a second, through the bridge and by a bare client',
  defaultN: 2_000,
  run: measurePush,
};

interface Teacher {
  readonly appId: string;
  readonly partnerId: number;
}
type Method = 'compare_and_set' | 'web_save_multi';
const METHODS: readonly Method[] = ['compare_and_set', 'web_save_multi'];

async function measurePush({ n, startWorld, say }: BenchOptions): Promise<BenchResult> {
  const world = await startWorld({
    appWebhooks: false,
    environment: { POLL_CRON: `*/${POLL_EVERY} * * * * *` },
  });
  await world.bridge.run('webhooks', 'install');
  await switchOffWebhooks(world);
  say(`${n} teachers are made and backfilled`);
  const teachers = await createTeachers(world, n, say);

  const rates: Record<'bridge' | Method, number[]> = { bridge: [], compare_and_set: [], web_save_multi: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const seen = { bridge: n / (await pushByBridge(world, teachers, `bridge ${round}`)) } as Record<string, number>;
    for (const method of METHODS) seen[method] = n / (await pushBare(world, teachers, method, `${method} ${round}`));
    await agree(world);
    const told = Object.entries(seen).map(([who, rate]) => `${who} ${rate.toFixed(0)}/s`);
    say(`${round === 0 ? 'to warm up' : `round ${round}`}: ${told.join(', ')}`);
    if (round > 0) for (const who of ['bridge', ...METHODS] as const) rates[who].push(seen[who] ?? 0);
  }
  const bridge = median(rates.bridge);
  const best = median(rates.compare_and_set) > median(rates.web_save_multi) ? 'compare_and_set' : 'web_save_multi';
  const bare = median(rates[best]);
  const ratio = Number((bridge / bare).toFixed(3));
  const figures = {
    ...{ bench: 'push', n, rounds: ROUNDS, bridge_per_second: Math.round(bridge), bare_per_second: Math.round(bare) },
    ...{ bare_method: best, ratio, odoo: world.odoo.version, odoo_kind: world.odoo.kind },
  };
  return {
    figures,
    lines: [
      `${n} changed partners, median of ${ROUNDS} rounds, with ${world.odoo.what}:`,
      `  through the bridge               ${figures.bridge_per_second} a second`,
      `  bare client (${best})  ${figures.bare_per_second} a second`,
      `  ratio                            ${ratio} (aim: ${AIM})`,
    ],
    isGood: ratio >= AIM,
  };
}

async function switchOffWebhooks({ atOdoo }: World): Promise<void> {
  const rules = (await atOdoo.call('base.automation', 'search_read', {
    domain: [['name', '=like', 'Bridge: %']],
    fields: ['id'],
  })) as { id: number }[];
  const ids = rules.map(({ id }) => id);
  await atOdoo.call('base.automation', 'write', { vals: { active: false } }, ids);
}

async function createTeachers(world: World, n: number, say: BenchOptions['say']): Promise<readonly Teacher[]> {
  const { atApp, atOdoo, bridge, odoo } = world;
  const names = Array.from({ length: n }, (_, index) => `Push ${index} ${odoo.mark}`.trim());
  await inParallel(names, 20, (name) => atApp.create('teachers', { name }));
  await bridge.start();
  const begun = performance.now();
  // So many strangers at once wait until somebody asks for them.
  await bridge.run('sync', 'teachers');
  const domain = [['name', '=like', `Push %${odoo.mark}`]];
  const count = async () => Number(await atOdoo.call('res.partner', 'search_count', { domain }));
  await waitUntil('all teachers are in Odoo', async () => (await count()) === n, PATIENCE_MS, GLANCE_MS);
  say(`created by the bridge at ${Math.round((n * 1000) / (performance.now() - begun))} a second`);
  await calm(world);
  bridge.pause();
  const appIds = new Map((await atApp.all('teachers')).map(({ name, id }) => [name, String(id)]));
  const partners = (await atOdoo.call('res.partner', 'search_read', { domain, fields: ['name'] })) as Fields[];
  return partners.map(({ id, name }) => ({ partnerId: Number(id), appId: appIds.get(name) ?? '' }));
}

/** @returns seconds from the beginning of the poll until Odoo has all */
async function pushByBridge(world: World, teachers: readonly Teacher[], value: string): Promise<number> {
  await editInApp(world, teachers, value);
  await sleep(untilPoll(AHEAD_MS));
  world.bridge.resume();
  await sleep(untilPoll(0));
  const begun = performance.now();
  await waitForAll(world, teachers.length, value);
  const seconds = (performance.now() - begun) / 1000;
  await calm(world);
  world.bridge.pause();
  return seconds;
}

/** @returns milliseconds until so long before the next poll that can be met */
function untilPoll(aheadMs: number): number {
  const everyMs = POLL_EVERY * 1000;
  return everyMs - ((Date.now() + aheadMs) % everyMs);
}

/** The app gets the same values, so that the bridge will find both sides equal. @returns seconds */
async function pushBare(world: World, teachers: readonly Teacher[], method: Method, value: string): Promise<number> {
  const { transport } = world;
  await editInApp(world, teachers, value);
  const rows = await readPhones(world, teachers);
  const actionId = (await searchActions(transport)).get('write_if_unchanged') ?? 0;
  const begun = performance.now();
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows
      .slice(start, start + BATCH)
      .map((row, index) => ({ ...row, set: { phone: phone(value, start + index) } }));
    await write(transport, method, actionId, batch);
  }
  await waitForAll(world, teachers.length, value);
  return (performance.now() - begun) / 1000;
}

/** The bridge finds what the client wrote, equal on both sides: so that none of it is left for its next turn. */
async function agree(world: World): Promise<void> {
  const lastPoll = async () => JSON.stringify((await world.bridge.ask('/healthz')).last_poll);
  world.bridge.resume();
  const before = await lastPoll();
  await waitUntil('the bridge has polled', async () => (await lastPoll()) !== before, PATIENCE_MS, GLANCE_MS);
  await calm(world);
  world.bridge.pause();
}

interface Row {
  readonly id: number;
  readonly expect: { readonly phone: unknown };
  readonly set: { readonly phone: string };
}

async function write(transport: OdooTransport, method: Method, actionId: number, batch: readonly Row[]): Promise<void> {
  const context = writeContext(false);
  if (method === 'compare_and_set') {
    await writeIfUnchanged(transport, actionId, 'res.partner', batch, context);
    return;
  }
  const args = { vals_list: batch.map(({ set }) => set), specification: {} };
  await transport.call({ model: 'res.partner', method, ids: batch.map(({ id }) => id), args, context });
}

function phone(value: string, index: number): string {
  return `${value} no ${index}`;
}

async function editInApp({ atApp }: World, teachers: readonly Teacher[], value: string): Promise<void> {
  await inParallel(teachers, 20, ({ appId }, index) => atApp.edit('teachers', appId, { phone: phone(value, index) }));
}

async function readPhones({ atOdoo }: World, teachers: readonly Teacher[]) {
  const ids = teachers.map(({ partnerId }) => partnerId);
  const args = { domain: [['id', 'in', ids]], fields: ['phone'] };
  const rows = (await atOdoo.call('res.partner', 'search_read', args)) as Fields[];
  const phones = new Map(rows.map((row) => [row.id, row.phone]));
  return ids.map((id) => ({ id, expect: { phone: phones.get(id) } }));
}

async function waitForAll({ atOdoo }: World, n: number, value: string): Promise<void> {
  const args = { domain: [['phone', '=like', `${value} no %`]] };
  const count = async () => Number(await atOdoo.call('res.partner', 'search_count', args));
  await waitUntil(`Odoo has all of ${value}`, async () => (await count()) === n, PATIENCE_MS, GLANCE_MS);
}

/** The queue is empty, and no poll is at work. */
async function calm({ bridge }: World): Promise<void> {
  let [since, last] = [Date.now(), ''];
  await waitUntil(
    'the bridge is calm',
    async () => {
      const { queue, last_poll } = await bridge.ask('/healthz');
      const now = JSON.stringify(last_poll);
      if ((queue as { depth: number }).depth > 0 || now !== last) [since, last] = [Date.now(), now];
      return Date.now() - since >= CALM_MS;
    },
    PATIENCE_MS,
    GLANCE_MS,
  );
}
