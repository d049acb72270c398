/** The logs as an operator gets at them: over HTTP and by command, as a list and as a file of many rows. */
import { sql } from 'kysely';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

t.test('logs', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const { get, post } = bridgeCallers(setup);
  const app = appPerson(setup.app.url);
  const bridge = (...args: string[]) => runCommand(setup.environment, ...args);
  const list = async (query: string) => (await get(`/api/logs?${query}`)).body.data as Fields[];
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);

  const id = await app.create('guests', { name: 'Lola Log', email: 'lola@example.org' });
  const bad = await app.create('tenants', { name: 'Lola\u0007Log', email: 'other@example.org' });
  const partner = await odooPerson(simulator).appears('Lola Log');
  await waitUntil('one is parked', async () => (await list('outcome=park')).length > 0);
  await calm();

  await t.test('searched', async (t) => {
    const made = (await list(`q=${id}&outcome=create`))[0];
    t.match(made, { entity: 'guest', app_id: id, odoo_id: partner.id, outcome: 'create', reconcile_id: /-/ });
    t.ok(
      (await list(`q=${partner.id}`)).some((row) => row.id === made?.id),
      'by the id in Odoo',
    );
    t.ok(
      (await list(`q=${made?.reconcile_id}`)).some((row) => row.id === made?.id),
      'by the reconcile',
    );
    t.match(await list('q=unstorable_characters&entity=tenant'), [{ app_id: bad }]);
    t.same(await list('q=lola@example.org'), [], 'no value of a record is there to be found');
    t.same(await list('until=2020-01-01T00:00:00Z'), []);
    const { run_id } = (await post('/api/sync/guests', { ids: [id] })).body;
    await waitUntil('the run is done', async () => (await get(`/api/sync/runs/${run_id}`)).body.status === 'done');
    t.same(
      (await list(`q=${run_id}`)).filter(({ app_id }) => app_id !== id),
      [],
      'by the run',
    );
    const first = (await get('/api/logs?limit=1')).body;
    const second = (await get(`/api/logs?limit=1&cursor=${first.next_cursor}`)).body;
    t.not((second.data as Fields[])[0]?.id, (first.data as Fields[])[0]?.id);
    for (const wrong of ['since=yesterday', 'q=', 'limit=501', 'cursor=x']) {
      t.match(await get(`/api/logs?${wrong}`), {
        status: 422,
        body: { detail: new RegExp(wrong.split('=')[0] ?? '') },
      });
    }
    t.match(await get('/api/logs/export?format=pdf'), { status: 422, body: { detail: /format/ } });
  });

  await t.test('by command', async (t) => {
    const told = await bridge('logs', '--q', id, '--outcome', 'create');
    t.match(told, { code: 0, stdout: new RegExp(`^\\S+Z\tguest\t${id}\t${partner.id}\tcreate\t`) });
    t.match(JSON.parse((await bridge('logs', '--q', 'unstorable_characters', '--json')).stdout), [{ app_id: bad }]);
    t.match(await bridge('logs', '--q', 'nothing'), { code: 0, stdout: /nothing was logged/ });
    t.match(await bridge('logs', '--since', 'yesterday'), { code: 2, stderr: /--since is malformed/ });
    t.match(await bridge('logs', '--limit', '0'), { code: 2, stderr: /--limit is malformed/ });
    t.match(await bridge('logs', '--export', 'pdf'), { code: 2 });
    const lines = (await bridge('logs', '--entity', 'tenant', '--export', 'jsonl')).stdout.trimEnd().split('\n');
    t.ok(lines.map((line) => JSON.parse(line)).every(({ entity }) => entity === 'tenant'));
  });

  await t.test('many rows as a file', async (t) => {
    const { db } = setup.bridge.context;
    await sql`
      insert into sync_logs (entity, link_id, app_id, odoo_id, outcome)
      select 'message', n, '=' || n, n, 'bulk' from generate_series(1, 30000) n`.execute(db);
    const download = (query: string) =>
      fetch(`${setup.bridge.url}/api/logs/export?${query}`, {
        headers: { authorization: `Bearer ${setup.secrets.api}` },
      });
    const csv = await download('format=csv&outcome=bulk');
    t.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
    t.match(csv.headers.get('content-disposition'), 'sync-logs.csv');
    const rows = (await csv.text()).trimEnd().split('\r\n').slice(1);
    t.equal(rows.length, 30_000);
    t.equal(new Set(rows.map((row) => row.split(',')[4])).size, 30_000, 'each once');
    t.ok(
      rows.every((row) => row.includes(",'=")),
      'none of them a formula',
    );
    const lines = (await (await download('format=jsonl&q=%3D17')).text()).trimEnd().split('\n');
    t.match(
      lines.map((line) => JSON.parse(line)),
      [{ app_id: '=17', outcome: 'bulk' }],
    );
    t.equal((await fetch(`${setup.bridge.url}/api/logs/export?format=csv`)).status, 401);

    const cut = await download('format=jsonl&outcome=bulk');
    const reader = cut.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const piped = await bridge('logs', '--outcome', 'bulk', '--export', 'csv');
    t.equal(piped.stdout.trimEnd().split('\r\n').length, 30_001);
    t.match(await get('/api/logs?limit=1'), { status: 200 }, 'who goes away in between does no harm');
  });
});
