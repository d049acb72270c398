/**
 * A campaign to a thousand people, while the bridge is killed at each of its steps: Odoo has done what it was asked, and
 * whoever asked is dead before it hears of it. Then answers are lost, and Odoo's clock ticks more often than it need.
 */
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { type RunningProgram, startProgram } from '../../sandbox/world/child-process.ts';
import { sendQueue } from '../support/mail-sink.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openMailOffice, waitUntil } from './mail-office.ts';

const PEOPLE = 1_000;
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

t.setTimeout(600_000);

t.test('a thousand people get one mail each, whoever dies', async (t) => {
  t.setTimeout(600_000);
  const real = await realOdoo(t);
  if (real === null) return;
  const office = await openMailOffice(t, real);
  const { setup, app, odoo, proxy, sink, find, shows, mailings } = office;
  await setup.bridge.stop();
  office.silence();
  const memory = new pg.Client({ connectionString: String(setup.environment.DATABASE_URL) });
  await memory.connect();
  t.teardown(() => memory.end());
  const env = { ...setup.environment, POLL_CRON: '* * * * * *' };
  const running: { program?: RunningProgram } = {};
  t.teardown(() => running.program?.kill());
  let kills = 0;

  async function start(): Promise<void> {
    running.program = startProgram(MAIN, { env, readyLine: /bridge is running/ });
    await running.program.ready;
  }

  /** The answer to the next call with this text finds nobody; the work goes on as soon as the dead one's lease is over. */
  async function dieAt(text: string): Promise<void> {
    let isDead = false;
    proxy.loseNext(text, async () => {
      await running.program?.kill();
      isDead = true;
    });
    await waitUntil(`it died at ${text}`, () => isDead);
    kills += 1;
    await memory.query('update links set lease_until = clock_timestamp() where lease_token is not null');
    await start();
  }

  const names = Array.from({ length: PEOPLE }, (_, index) => `Guest ${index}`);
  const members: { entity: string; id: string }[] = [];
  for (let at = 0; at < PEOPLE; at += 25) {
    const some = names
      .slice(at, at + 25)
      .map((name, index) => office.person('guests', name, `guest${at + index}@example.org`));
    members.push(...(await Promise.all(some)));
  }
  await start();
  const list = await app.create('mailing-lists', { name: 'Everybody', members });
  for (const step of ['"Everybody"', 'mailing_contact_', 'x_bridge_members":"guest:', 'x_bridge_members":"guest:'])
    await dieAt(step);
  await waitUntil(
    'all are on the list',
    async () => Object.keys(await office.subscribers('Everybody')).length === PEOPLE,
  );

  const id = await app.create('campaigns', { subject: 'To all', body_html: '<p>Hello</p>', list_ids: [list] });
  await dieAt('To all');
  await shows('campaigns', id, { odoo_state: 'draft' });
  await app.act('campaigns', id, 'ready');
  await dieAt('bridge_mailing":');
  for (const lost of ['mailing.mailing/search_read', 'mailing.list/search_read']) proxy.loseNext(lost);
  await shows('campaigns', id, { odoo_state: 'in_queue' });
  proxy.loseNone();
  await sendQueue(odoo);
  await dieAt('mailing.mailing/search_read');
  await sendQueue(odoo);
  await shows('campaigns', id, { odoo_state: 'done', sent: PEOPLE, delivered: PEOPLE });
  await running.program?.stop();

  t.equal(kills, 7);
  t.equal((await mailings('To all')).length, 1, 'one mailing');
  t.equal((await find('mailing.list', [['name', '=', 'Everybody']], ['id'])).length, 1, 'one list');
  t.equal(
    (await find('mailing.contact', [['email', 'like', '@example.org']], ['id'])).length,
    PEOPLE,
    'each is there once',
  );
  t.equal(sink.received.length, PEOPLE);
  t.equal(new Set(sink.received).size, PEOPLE, 'and got it once');
});
