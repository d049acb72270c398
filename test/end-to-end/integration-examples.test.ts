/** The example apps of the integration guide, each run as it stands: they keep the contract, and sync through the bridge. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { findQuietPort } from '../../sandbox/world/free-port.ts';
import { runDoctor } from '../support/doctor.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(240_000);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'docs', 'examples');

interface Example {
  /** Its folder. */
  readonly language: string;
  /** Programs that may run it; the first that succeeds with `probe` does. */
  readonly programs: readonly string[];
  readonly probe: readonly string[];
  /** What to start, with the port that it shall listen on. */
  readonly processes: (port: number) => readonly (readonly string[])[];
}

const PHP = ['-d', 'display_errors=stderr'];
const EXAMPLE_APPS: readonly Example[] = [
  {
    language: 'typescript',
    programs: [process.execPath],
    probe: ['--version'],
    processes: () => [['app.ts']],
  },
  {
    language: 'python',
    programs: ['python3', '/usr/bin/python3'],
    probe: ['-c', 'import fastapi, uvicorn'],
    processes: (port) => [['-B', '-m', 'uvicorn', 'app:app', '--port', String(port), '--log-level', 'warning']],
  },
  {
    language: 'php',
    programs: ['php'],
    probe: ['-r', 'exit(extension_loaded("pdo_sqlite") ? 0 : 1);'],
    processes: (port) => [
      [...PHP, '-S', `127.0.0.1:${port}`, 'app.php'],
      [...PHP, 'send-webhooks.php'],
    ],
  },
];

for (const example of EXAMPLE_APPS) {
  t.test(`the app in ${example.language}`, async (t) => {
    const program = await findProgram(example);
    if (program === null) {
      // .ci/run installs them all.
      if (process.env.CI) t.fail(`nothing here runs ${example.language}`);
      else t.comment(`Nothing here runs ${example.language}, so it was not tried: node scripts/setup.mjs examples`);
      return;
    }
    const [port, bridgePort] = [await findQuietPort(), await findQuietPort()];
    const secrets = {
      token: randomBytes(16).toString('hex'),
      webhook: `whsec_${randomBytes(24).toString('base64')}`,
    };
    const env = {
      DATABASE: join(t.testdir(), 'app.sqlite'),
      PORT: String(port),
      APP_API_TOKEN: secrets.token,
      BRIDGE_WEBHOOK_URL: `http://127.0.0.1:${bridgePort}/webhooks/app`,
      BRIDGE_WEBHOOK_SECRET: secrets.webhook,
    };
    for (const args of example.processes(port)) startExample(t, program, args, example.language, env);
    const app = caller(`http://127.0.0.1:${port}`, secrets.token);
    await waitUntil('the app is up', () => app.get('teachers?limit=1').catch(() => null), 30_000, 100);
    await t.test('keeps the contract', (t) => checkContract(t, app));

    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const environment = {
      APP_URL: app.url,
      APP_API_TOKEN: secrets.token,
      APP_WEBHOOK_SECRETS: secrets.webhook,
      PORT: String(bridgePort),
    };
    const setup = await startBridge(t, { odoo: simulator, webhooks: false, environment });
    const odoo = odooPerson(simulator);
    await t.test('and doctor agrees', async (t) => {
      const checks = Object.entries(await runDoctor(t, setup.environment));
      for (const [name, { status, detail }] of checks.filter(([name]) => name.startsWith('app_'))) {
        t.equal(status, 'ok', `${name}: ${detail}`);
      }
    });

    await t.test('its events arrive, and so does what happens in Odoo', async (t) => {
      const made = await app.send('POST', '/teachers', { name: 'Élodie Müller', email: 'Elodie@Example.org' });
      const partner = await odoo.appears('Élodie Müller');
      t.match(partner, { email: 'Elodie@Example.org', category_id: [await odoo.tagId('Teacher')] });
      await app.send('PATCH', `/teachers/${made.id}`, { phone: '+33 1 11' });
      await waitUntil('the edit is in Odoo', async () => (await odoo.read(partner.id)).phone === '+33 1 11');
      await odoo.write(partner.id, { city: 'Nîmes' });
      await waitUntil('the edit is in the app', async () => (await app.one(made.id))?.city === 'Nîmes');
      await odoo.write(partner.id, { active: false });
      await waitUntil('it is archived there', async () => (await app.one(made.id))?.deleted_at !== null);
      await odoo.create({
        name: 'Born In Odoo',
        email: 'b@example.org',
        category_id: [[6, 0, [await odoo.tagId('Teacher')]]],
      });
      const born = async () => ((await app.get('teachers?email=%20B@Example.org')).data as Fields[])[0];
      t.match(await waitUntil('who is made in Odoo is in the app', born), { name: 'Born In Odoo', deleted_at: null });
    });

    await t.test('an event that nobody took is sent again', async (t) => {
      await setup.bridge.stop();
      const { id } = await app.send('POST', '/teachers', { name: 'Patience Later' });
      await setup.restart();
      // The bridge polls when it starts, so that she is in Odoo proves nothing.
      const { db, reports } = setup.bridge.context;
      const told = db.selectFrom('deliveries').select('id').where('record_id', '=', String(id));
      await waitUntil('her event came', async () => (await told.execute())[0]);
      await odoo.appears('Patience Later');
      await waitUntil('nothing waits', async () => (await reports.queue()).depth === 0);
      t.equal((await odoo.find('Patience Later')).length, 1);
      t.match(await reports.queue(), { parked: 0, held: 0 });
    });
  });
}

async function findProgram({ programs, probe }: Example): Promise<string | null> {
  for (const program of programs) {
    const found = await promisify(execFile)(program, [...probe]).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return null;
}

function startExample(t: Test, program: string, args: readonly string[], folder: string, env: Record<string, string>) {
  const child: ChildProcess = spawn(program, args, {
    cwd: join(EXAMPLES, folder),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const over = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await over;
    if (!t.passing()) t.comment(said);
  });
}

type App = ReturnType<typeof caller>;

function caller(url: string, token: string) {
  async function ask(path: string, init: RequestInit = {}) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url + path, { headers, ...init });
    const body = (await answer.json()) as Fields;
    return { status: answer.status, body, type: answer.headers.get('content-type') ?? '' };
  }
  async function send(method: string, path: string, body?: Fields): Promise<Fields> {
    const answer = await ask(path, { method, ...(body && { body: JSON.stringify(body) }) });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  const get = (path: string) => send('GET', `/bridge/${path}`);
  return {
    url,
    ask,
    send,
    get,
    one: async (id: unknown) => ((await get(`teachers?ids=${id}`)).data as Fields[])[0],
    batch: async (...operations: Fields[]) =>
      (await send('POST', '/bridge/teachers/batch', { operations })).results as Fields[],
  };
}

/** Beyond what doctor may ask of an app that is in use: this one is empty, and may be written to. */
async function checkContract(t: Test, app: App): Promise<void> {
  const key = () => randomUUID();
  const create = { op: 'create', idempotency_key: key(), fields: { name: 'One', email: ' One@Example.org ' } };
  const [first] = await app.batch(create);
  t.match(first, { status: 'ok', record: { name: 'One', email: 'One@Example.org', deleted_at: null } }, 'blanks go');
  const one = recordOf(first);
  t.match(one.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/);
  t.same(await app.batch(create), [first], 'the same key again: the same result');
  t.equal(((await app.get('teachers')).data as Fields[]).length, 1, 'and no second record');

  const edit = { op: 'update', id: one.id, if_updated_at: one.updated_at, idempotency_key: key() };
  const results = await app.batch(
    { ...edit, fields: { phone: '1' } },
    { ...edit, idempotency_key: key(), fields: { phone: '2' } },
    { op: 'update', id: 'nobody', idempotency_key: key(), fields: {} },
    { op: 'create', idempotency_key: key(), fields: { name: '', nonsense: 1 } },
    { op: 'create', idempotency_key: key(), fields: { name: 'Two', notes: '' } },
  );
  t.same(
    results.map(({ status }) => status),
    ['ok', 'stale', 'not_found', 'invalid', 'ok'],
    'each stands alone',
  );
  t.match(results[1], { record: { phone: '1' } }, 'who is stale is told how it is now');
  const fields = errorsOf(results[3]).map(({ field }) => field);
  t.same(new Set(fields), new Set(['name', 'nonsense']));
  t.match(results[4], { record: { name: 'Two', notes: null } }, 'empty is null');

  const [archived] = await app.batch({ op: 'archive', id: one.id, idempotency_key: key(), fields: {} });
  t.type(recordOf(archived).deleted_at, 'string');
  const [edited] = await app.batch({ op: 'update', id: one.id, idempotency_key: key(), fields: { city: 'Gap' } });
  t.type(recordOf(edited).deleted_at, 'string', 'an edit does not bring it back');
  const [restored] = await app.batch({ op: 'restore', id: one.id, idempotency_key: key(), fields: {} });
  t.match(restored, { status: 'ok', record: { deleted_at: null, city: 'Gap' } });

  for (let number = 3; number <= 7; number += 1) {
    await app.batch({ op: 'create', idempotency_key: key(), fields: { name: `Number ${number}` } });
  }
  const seen: Fields[] = [];
  let cursor: unknown = null;
  do {
    const page = await app.get(
      `teachers?limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(String(cursor))}`}`,
    );
    seen.push(...(page.data as Fields[]));
    t.ok(Math.abs(Date.parse(String(page.server_time)) - Date.now()) < 5_000, 'server_time');
    cursor = page.next_cursor;
  } while (cursor !== null && seen.length < 20);
  t.equal(seen.length, 7, 'all, page by page');
  t.equal(new Set(seen.map(({ id }) => id)).size, 7, 'each once');
  const stamps = seen.map(({ updated_at }) => String(updated_at));
  t.same(stamps, [...stamps].sort(), 'in the order of their last change');
  const since = await app.get(`teachers?updated_since=${encodeURIComponent(stamps[4] ?? '')}`);
  t.same(
    (since.data as Fields[]).map(({ id }) => id),
    seen.slice(4).map(({ id }) => id),
    'that one included',
  );

  const both = await app.get(`teachers?ids=${one.id},nobody,${seen[3]?.id}`);
  t.same(new Set((both.data as Fields[]).map(({ id }) => id)), new Set([one.id, seen[3]?.id]));
  t.match((await app.get('teachers?email=oNE@example.org%20')).data, [{ id: one.id }]);
  t.match(await app.get('guests'), { data: [], next_cursor: null }, 'a collection that it does not have');
  for (const [path, init, status] of [
    ['/bridge/teachers', { headers: { authorization: 'Bearer wrong' } }, 401],
    ['/bridge/nonsense', {}, 404],
  ] as const) {
    const answer = await app.ask(path, init);
    t.equal(answer.status, status);
    t.match(answer.type, 'application/problem+json');
  }
}

const recordOf = (result: Fields | undefined) => (result?.record ?? {}) as Fields;
const errorsOf = (result: Fields | undefined) => (result?.errors ?? []) as Fields[];
