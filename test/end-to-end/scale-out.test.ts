/** Three processes on one PostgreSQL behind one address: they share the work, and one that dies over it doubles nothing. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startTravelApp } from '../../sandbox/app/start-app.ts';
import type { SimulatedCall } from '../../sandbox/odoo-simulator/faults.ts';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { type AppPerson, appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { compareSides } from '../../sandbox/world/compare-sides.ts';
import { findQuietPort } from '../../sandbox/world/free-port.ts';
import { startFrontDoor } from '../../sandbox/world/front-door.ts';
import { type Bridge, prepareBridge } from '../../sandbox/world/prepare-bridge.ts';
import { type LosingProxy, startLosingProxy } from '../support/losing-proxy.ts';
import { inDatabase } from '../support/many-links.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { readMetrics } from '../support/read-metrics.ts';

t.setTimeout(290_000);

/** So many in the app, and as many in Odoo; the process dies when half of them have been entered. */
const PEOPLE = 120;
/** Of what all settle, each process does at least this share: a third would be its due. */
const FAIR_SHARE = 0.15;
/** What a dead process had claimed is its own for 90 seconds. */
const OVER_A_LEASE_MS = 110_000;

t.test('three processes share the work; one is killed over a creation, and every record is there once', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { bridges, proxies, app, appDatabaseUrl } = await setUp(t, simulator);
  const listings = watchListings(simulator);
  const partnersBefore = simulator.table('res.partner').size;

  await enterPeople(simulator, app, 0, PEOPLE / 2);
  // Odoo has made the partners when their maker dies: nobody knows of them but Odoo.
  const [, victim] = bridges;
  const [, proxy] = proxies;
  if (!victim || !proxy) throw new Error('there are three');
  const settledByVictim = dieOver(proxy, victim);
  let entered = PEOPLE / 2;
  while (proxy.pending.length > 0) {
    await enterPeople(simulator, app, entered, entered + 1);
    entered += 1;
  }
  const before = [await settledByVictim];
  await enterPeople(simulator, app, entered, Math.max(PEOPLE, entered + PEOPLE / 4));
  entered = Math.max(PEOPLE, entered + PEOPLE / 4);

  const [first, , third] = bridges as [Bridge, Bridge, Bridge];
  await waitUntil('nothing waits', async () => (await health(first)).depth === 0, OVER_A_LEASE_MS, 200);
  const settled = [await countSettled(first), ...before, await countSettled(third)];
  const total = settled.reduce((sum, one) => sum + one, 0);
  t.comment(`settled: ${settled.join(', ')}; the second was killed; ${listings.seen()} listings`);
  t.ok(total >= 2 * entered, 'all were settled');
  // The one that was killed had less time: its share is of what was done until then, which is not more than all.
  for (const one of [settled[0] ?? 0, settled[2] ?? 0]) t.ok(one >= FAIR_SHARE * total, `${one} of ${total}`);
  t.ok((settled[1] ?? 0) >= FAIR_SHARE * entered, 'so did the one that was killed');

  t.match(await health(first), { depth: 0, parked: 0, held: 0 });
  t.equal(simulator.table('res.partner').size - partnersBefore, 2 * entered, 'no partner more than people');
  const records = await inDatabase(appDatabaseUrl, (client) =>
    client.query<{ count: string }>('select count(*) from travel_app.records'),
  );
  t.equal(Number(records.rows[0]?.count), 2 * entered, 'no record more than people');
  const { pairs, differences } = await compareSides(app, odooPerson(simulator), '');
  t.same(differences, [], 'both sides are equal');
  t.equal(pairs, 2 * entered, 'each is once on both sides');
  t.ok(listings.seen() >= 20, `${listings.seen()} listings were watched`);
  t.equal(listings.most(), 1, 'of all processes one at a time polls a kind');
  t.same(simulator.unknownCalls, []);
});

async function setUp(t: Test, simulator: OdooSimulator) {
  const [appDatabase, bridgeDatabase] = await Promise.all([
    createTestDatabase(t, { empty: true }),
    createTestDatabase(t),
  ]);
  const makeSecret = () => randomBytes(16).toString('hex');
  const [appToken, bridgeToken] = [makeSecret(), makeSecret()];
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const ports: number[] = [];
  while (ports.length < 3) {
    const port = await findQuietPort();
    if (!ports.includes(port)) ports.push(port);
  }
  const door = await startFrontDoor(ports.map((port) => `http://127.0.0.1:${port}`));
  t.teardown(() => door.close());
  const travelApp = await startTravelApp({
    databaseUrl: appDatabase.url,
    apiToken: appToken,
    webhook: { url: `${door.url}/webhooks/app`, secret },
  });
  t.teardown(() => travelApp.close());
  const proxies: LosingProxy[] = [];
  const bridges: Bridge[] = [];
  for (const port of ports) {
    // Each process has its own way to Odoo, so that an answer can be kept from one of them alone.
    const proxy = await startLosingProxy(t, simulator.url);
    const env = {
      ODOO_URL: proxy.url,
      ODOO_DB: simulator.database,
      ODOO_USERNAME: simulator.username,
      ODOO_API_KEY: simulator.apiKey,
      ODOO_WEBHOOK_TOKENS: bridgeToken,
      ODOO_CALL_MAX_SECONDS: '10',
      APP_URL: travelApp.url,
      APP_API_TOKEN: appToken,
      APP_WEBHOOK_SECRETS: secret,
      BRIDGE_API_TOKENS: bridgeToken,
      BRIDGE_PUBLIC_URL: door.url,
      DATABASE_URL: bridgeDatabase.url,
      DATA_DIR: t.testdir(),
      LOG_FILE: join(t.testdirName, `bridge-${port}.log`),
      // All at the same moment.
      POLL_CRON: '*/5 * * * * *',
      PORT: String(port),
    };
    const bridge = prepareBridge({ url: `http://127.0.0.1:${port}`, token: bridgeToken, env });
    t.teardown(() => bridge.stop());
    proxies.push(proxy);
    bridges.push(bridge);
  }
  await bridges[0]?.run('webhooks', 'install');
  await Promise.all(bridges.map((bridge) => bridge.start()));
  return { bridges, proxies, app: appPerson(travelApp.url), appDatabaseUrl: appDatabase.url };
}

/** One after the other on each side; who was entered on one side is edited there once the other has them, or not yet. */
async function enterPeople(simulator: OdooSimulator, app: AppPerson, from: number, to: number): Promise<void> {
  const category = [...simulator.table('res.partner.category').values()].find(({ name }) => name === 'Guest');
  for (let number = from; number < to; number += 1) {
    const [inApp] = await Promise.all([
      app.create('guests', { name: `From App ${number}`, email: `app.${number}@example.org` }),
      simulator.asPerson().create('res.partner', {
        name: `From Odoo ${number}`,
        email: `odoo.${number}@example.org`,
        category_id: [[6, 0, [category?.id ?? 0]]],
      }),
    ]);
    await app.edit('guests', inApp, { phone: `+33 1 ${number}` });
  }
}

/** @returns what it had settled until then */
function dieOver(proxy: LosingProxy, victim: Bridge): Promise<number> {
  return new Promise((resolve, reject) => {
    proxy.loseNext('bridge_data', async () => {
      const settled = await countSettled(victim);
      await victim.kill();
      resolve(settled);
    });
    setTimeout(() => reject(new Error('it made nothing')), 60_000).unref();
  });
}

async function countSettled({ url, token }: Bridge): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const { samples } = readMetrics(await answer.text());
  // Who waits for what the dead process had under way is looked at often: that is no share of the work.
  const settled = samples.filter(
    ({ name, labels }) => name === 'bridge_reconciled_total' && labels.decision !== 'wait',
  );
  return settled.reduce((sum, { value }) => sum + value, 0);
}

async function health(bridge: Bridge) {
  const { queue, parked, held } = await bridge.ask('/healthz');
  return { ...(queue as { depth: number }), parked, held };
}

/**
 * How many processes list the same kind at the same moment; each listing takes long enough that they would meet. People
 * of three kinds are listed by the same question, so they are left out.
 */
function watchListings(simulator: OdooSimulator) {
  const running = new Map<string, number>();
  let [most, seen] = [0, 0];
  simulator.beforeCommit = (call) => {
    const kind = kindOfListing(call);
    if (kind === null) return undefined;
    return (async () => {
      seen += 1;
      running.set(kind, (running.get(kind) ?? 0) + 1);
      most = Math.max(most, running.get(kind) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running.set(kind, (running.get(kind) ?? 0) - 1);
    })();
  };
  return { most: () => most, seen: () => seen };
}

function kindOfListing({ model, args }: SimulatedCall): string | null {
  const isListing = JSON.stringify(args.domain ?? '').includes('write_date');
  return isListing && model !== 'res.partner' ? model : null;
}
