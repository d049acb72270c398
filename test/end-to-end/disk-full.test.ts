/** The disk of PostgreSQL is full: events are refused, not taken and lost; when there is room again all goes on by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

const DISK_MB = 24;
/** Larger than a segment of PostgreSQL's own log, which has 16 MB. */
const FILE_LIMIT_MB = 20;

interface Room {
  readonly cluster: OwnCluster;
  takeAway(): Promise<void>;
  giveBack(): Promise<void>;
}

/** A disk of its own for the database's tables. */
async function onSmallDisk(t: Test): Promise<Room | null> {
  const cluster = await startOwnCluster(t);
  const disk = await mountSmallDisk(t, DISK_MB, cluster.owner);
  if (disk === null) return null;
  await cluster.query(`create tablespace small location '${disk.folder}'`);
  await cluster.query('alter database bridge set tablespace small');
  return { cluster, takeAway: disk.fill, giveBack: disk.free };
}

/** Where no disk may be mounted: a limit of the kernel on each file of the server, which a table then meets. */
async function underFileLimit(t: Test): Promise<Room> {
  const cluster = await startOwnCluster(t);
  return {
    cluster,
    async takeAway() {
      await fillTable(cluster, FILE_LIMIT_MB);
      await cluster.stop('fast');
      await cluster.start(FILE_LIMIT_MB);
    },
    async giveBack() {
      await cluster.stop('fast');
      await cluster.start();
    },
  };
}

/** Deliveries of last week, up to the edge of the limit. */
async function fillTable(cluster: OwnCluster, megabytes: number): Promise<void> {
  const client = new pg.Client(cluster.url);
  await client.connect();
  const statement = `insert into deliveries (source, odoo_model, record_id, received_at, looks)
    select 'odoo', 'res.partner', repeat('9', 2000), now() - interval '7 days', 0 from generate_series(1, $1)`;
  const missing = async () => {
    const { rows } = await client.query<{ size: string }>(`select pg_relation_size('deliveries') as size`);
    return megabytes * 1_048_576 - Number(rows[0]?.size);
  };
  // A block of 8 kB takes three of them, or a little more.
  for (let bytes = await missing(); bytes > 0; bytes = await missing()) {
    await client.query(statement, [Math.ceil(bytes / 8_192)]);
  }
  await client.end();
}

for (const [what, make] of [
  ['the disk of its tables is full', onSmallDisk],
  ['its files may not grow any more', underFileLimit],
] as const) {
  t.test(`PostgreSQL: ${what}`, async (t) => {
    const room = await make(t);
    if (room === null) {
      t.comment('no disk may be mounted here: the limit on files, below, stands for it');
      t.pass('see the next test');
      return;
    }
    const { cluster } = room;
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const setup = await startBridge(t, { odoo: simulator, environment: { DATABASE_URL: cluster.url } });
    const [app, odoo, bridge] = [appPerson(setup.app.url), odooPerson(simulator), bridgeCallers(setup)];
    const id = await app.create('teachers', { name: 'Before It Was Full' });
    await odoo.appears('Before It Was Full');
    await waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0);

    await room.takeAway();
    const accepted: string[] = [];
    const refused = await waitUntil(
      'events are refused',
      async () => {
        const webhookId = `evt_${accepted.length}`;
        const reply = await bridge.event('teacher.updated', id, webhookId);
        if (reply.status !== 202) return reply;
        accepted.push(webhookId);
        return null;
      },
      60_000,
      0,
    );
    t.match(refused, { status: 503, body: { status: 503, title: /./ } }, 'come again');
    t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/, 'and when');
    t.match(await bridge.get('/livez'), { status: 200 }, 'it needs no restart');
    await app.create('teachers', { name: 'While It Was Full' });
    await app.edit('teachers', id, { phone: '1' });
    await sleep(2_000);
    t.match(await bridge.get('/livez'), { status: 200 });

    await room.giveBack();
    await odoo.appears('While It Was Full').catch(() => odoo.appears('While It Was Full'));
    const hasPhone = async () => (await odoo.find('Before It Was Full'))[0]?.phone === '1';
    await waitUntil('and so is the edit', hasPhone, 60_000);
    await waitUntil('it is taken', async () => (await bridge.event('teacher.updated', id)).status === 202, 30_000);
    await waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0, 60_000);
    for (const name of ['Before It Was Full', 'While It Was Full']) t.equal((await odoo.find(name)).length, 1, 'once');
    t.match(await setup.bridge.context.reports.queue(), { parked: 0, held: 0 });
    t.match(await bridge.get('/healthz'), { status: 200, body: { status: 'ok' } });
    const { rows } = await query(cluster, 'select delivery_id from deliveries where delivery_id = any($1)', accepted);
    t.same(rows.map((row) => row.delivery_id).sort(), accepted.toSorted(), 'each acknowledged event is kept');
  });
}

async function query(cluster: OwnCluster, statement: string, ids: readonly string[]) {
  const client = new pg.Client(cluster.url);
  await client.connect();
  try {
    return await client.query<{ delivery_id: string }>(statement, [ids]);
  } finally {
    await client.end();
  }
}
