/**
 * How many signed webhooks a second the bridge takes: each verified, and answered only after its COMMIT; and how many a
 * bare Fastify with the same settings answers that looks at nothing. In turns, under the same load. The bridge goes on
 * with its work meanwhile: it looks at every record that the webhooks name.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { waitUntil } from '../people/wait-until.ts';
import { startProgram } from '../world/child-process.ts';
import type { World } from '../world/start-world.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { median } from './statistics.ts';

const ROUNDS = 3;
const CONNECTIONS = 50;
const TEACHERS = 200;
const AIM = 0.25;
const PATIENCE_MS = 60_000;

export const ingest: Bench = {
  describe: 'signed webhooks a second, committed by the bridge and answered by a bare Fastify; n is seconds a round',
  defaultN: 5,
  run: measureIngest,
};

async function measureIngest({ n: seconds, startWorld, belongings, say }: BenchOptions): Promise<BenchResult> {
  const world = await startWorld({ appWebhooks: false });
  const ids: string[] = [];
  for (let number = 1; number <= TEACHERS; number += 1) {
    ids.push(await world.atApp.create('teachers', { name: `Ingest ${number} ${world.odoo.mark}`.trim() }));
  }
  await world.bridge.run('webhooks', 'install');
  await world.bridge.start();
  // So many strangers at once wait until somebody asks for them.
  await world.bridge.run('sync', 'teachers');
  await waitUntil('all teachers are linked', async () => (await countLinks(world)) === TEACHERS, PATIENCE_MS);
  const bare = startProgram(join(import.meta.dirname, 'bare-server.ts'), {
    env: {},
    readyLine: /up at port (\d+)/,
  });
  await belongings.own(() => bare.stop());
  const bareUrl = `http://127.0.0.1:${(await bare.ready)[1]}`;

  const rates: { bridge: number[]; bare: number[] } = { bridge: [], bare: [] };
  const load = (url: string) => postEvents(url, world.webhook.secret, ids, seconds);
  // Not counted: the compiler of both has to warm up.
  for (const url of [world.bridge.url, bareUrl]) await load(url);
  for (let round = 1; round <= ROUNDS; round += 1) {
    rates.bridge.push(await load(world.bridge.url));
    rates.bare.push(await load(bareUrl));
    say(`round ${round}: bridge ${rates.bridge.at(-1)?.toFixed(0)}/s, bare ${rates.bare.at(-1)?.toFixed(0)}/s`);
  }
  const [bridge, alone] = [median(rates.bridge), median(rates.bare)];
  const ratio = Number((bridge / alone).toFixed(3));
  return {
    figures: {
      ...{ bench: 'ingest', seconds, rounds: ROUNDS, connections: CONNECTIONS },
      ...{ bridge_per_second: Math.round(bridge), bare_per_second: Math.round(alone), ratio },
    },
    lines: [
      `signed webhooks a second, ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${seconds} s:`,
      `  committed by the bridge    ${Math.round(bridge)}`,
      `  answered by bare Fastify   ${Math.round(alone)}`,
      `  ratio                      ${ratio} (aim: ${AIM})`,
    ],
    isGood: ratio >= AIM,
  };
}

/** @returns accepted events a second. @throws when any was not accepted */
async function postEvents(url: string, secret: string, ids: readonly string[], seconds: number): Promise<number> {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  let count = 0;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    requests: [
      {
        setupRequest(request) {
          count += 1;
          return { ...request, ...signEvent(key, ids[count % ids.length] ?? '') };
        },
      },
    ],
  });
  const { 202: accepted, ...others } = result.statusCodeStats;
  const refused = Object.keys(others);
  if (!accepted || refused.length > 0 || result.errors > 0) {
    throw new Error(`not every event was accepted: ${result.errors} errors, statuses ${refused.join(', ') || 'none'}`);
  }
  return accepted.count / result.duration;
}

function signEvent(key: Buffer, id: string) {
  const [eventId, now] = [randomUUID(), new Date()];
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const body = JSON.stringify({ type: 'teacher.updated', timestamp: now.toISOString(), data: { id } });
  const signature = createHmac('sha256', key).update(`${eventId}.${timestamp}.${body}`).digest('base64');
  return {
    method: 'POST',
    path: '/webhooks/app',
    headers: {
      'content-type': 'application/json',
      'webhook-id': eventId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
}

async function countLinks({ bridge }: World): Promise<number> {
  const links = (await bridge.ask('/api/links?entity=teacher&limit=500')).data as { odoo_id: number | null }[];
  return links.filter((link) => link.odoo_id !== null).length;
}
