/** How long an edit takes to be readable on the other side, live: webhooks, one edit at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../people/wait-until.ts';
import type { World } from '../world/start-world.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { type Latencies, summarizeLatencies } from './statistics.ts';

const PEOPLE = 20;
const WARM_UP = 3;
const PATIENCE_MS = 60_000;
const AIM_MS = 2_000;

export const latency: Bench = {
  describe: 'edits of either side until they are readable on the other',
  defaultN: 100,
  run: measureLatency,
};

async function measureLatency({ n, startWorld, say }: BenchOptions): Promise<BenchResult> {
  // As the bridge comes: a poll a minute, so that what is fast was a webhook.
  const world = await startWorld({ appWebhooks: true });
  await world.bridge.run('webhooks', 'install');
  await world.bridge.start();
  const pairs = await createPairs(world);
  say(`${PEOPLE} teachers are on both sides; ${n} edits in the app`);
  const toOdoo = await repeat(n, (index) => editInApp(world, pairs[index % PEOPLE] as Pair, index));
  say(`${n} edits in Odoo`);
  const toApp = await repeat(n, (index) => editInOdoo(world, pairs[index % PEOPLE] as Pair, index));
  const { parked, held } = await world.bridge.ask('/healthz');
  const figures = {
    bench: 'latency',
    n,
    app_to_odoo: summarizeLatencies(toOdoo),
    odoo_to_app: summarizeLatencies(toApp),
    odoo: world.odoo.version,
    odoo_kind: world.odoo.kind,
    parked,
    held,
  };
  return {
    figures,
    lines: [
      `from sending an edit until it was read on the other side, ${n} each, with ${world.odoo.what}:`,
      `  app → Odoo  ${describeLatencies(figures.app_to_odoo)}`,
      `  Odoo → app  ${describeLatencies(figures.odoo_to_app)}`,
    ],
    isGood: [figures.app_to_odoo, figures.odoo_to_app].every(({ p95_ms }) => p95_ms < AIM_MS),
  };
}

interface Pair {
  readonly appId: string;
  readonly partnerId: number;
}

async function createPairs({ atApp, atOdoo, odoo }: World): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (let number = 1; number <= PEOPLE; number += 1) {
    const name = `Latency ${number} ${odoo.mark}`.trim();
    const appId = await atApp.create('teachers', { name });
    pairs.push({ appId, partnerId: (await atOdoo.appears(name)).id });
  }
  return pairs;
}

/** The first few are not counted: connections and caches warm up. */
async function repeat(n: number, edit: (index: number) => Promise<number>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let index = -WARM_UP; index < n; index += 1) {
    // People do not keep time.
    await sleep(50 + Math.random() * 200);
    const milliseconds = await edit(index + WARM_UP);
    if (index >= 0) took.push(milliseconds);
  }
  return took;
}

async function editInApp({ atApp, atOdoo }: World, { appId, partnerId }: Pair, index: number): Promise<number> {
  const city = `Ville ${index}`;
  const begun = performance.now();
  await atApp.edit('teachers', appId, { city });
  await waitUntil('the city is in Odoo', async () => (await atOdoo.read(partnerId)).city === city, PATIENCE_MS);
  return performance.now() - begun;
}

async function editInOdoo({ atApp, atOdoo }: World, { appId, partnerId }: Pair, index: number): Promise<number> {
  const phone = `+33 ${index}`;
  const begun = performance.now();
  await atOdoo.write(partnerId, { phone });
  const isThere = async () => (await atApp.look('teachers', appId)).phone === phone;
  await waitUntil('the phone is in the app', isThere, PATIENCE_MS);
  return performance.now() - begun;
}

function describeLatencies({ p50_ms, p95_ms, p99_ms, max_ms }: Latencies): string {
  const show = (value: number) => `${value} ms`.padStart(8);
  return `p50 ${show(p50_ms)}   p95 ${show(p95_ms)}   p99 ${show(p99_ms)}   max ${show(max_ms)}`;
}
