/** Why a record is as it is: for an operator who has never read the code, by command and over HTTP. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

interface FieldStory extends Fields {
  readonly field: string;
  readonly next: Fields | null;
  readonly last: (Fields & { readonly decisions: readonly Fields[] }) | null;
}

t.test('explain', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const app = appPerson(setup.app.url);
  const odoo = odooPerson(simulator);
  const bridge = (...args: string[]) => runCommand(setup.environment, ...args);
  const ask = async (path: string, token = setup.secrets.api) => {
    const response = await fetch(setup.bridge.url + path, { headers: { authorization: `Bearer ${token}` } });
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: (await response.json()) as Fields,
    };
  };
  const explain = async (entity: string, id: string) => (await ask(`/api/links/${entity}/${id}`)).body;
  const fieldOf = (story: Fields, name: string) =>
    (story.fields as FieldStory[]).find(({ field }) => field === name) as FieldStory;
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  const kinds = (story: Fields) => (story.timeline as Fields[]).map(({ kind }) => kind);

  const id = await app.create('guests', { name: 'Greta Guest', email: 'greta@example.org', phone: '+33 1' });
  const partner = await odoo.appears('Greta Guest');
  await calm();
  // Odoo's own webhook of what the bridge wrote may come later still.
  await waitUntil('both agree', async () => ((await explain('guest', id)).situation as Fields).kind === 'agreed');

  await t.test('a record that both sides agree on', async (t) => {
    const { status, body } = await ask(`/api/links/guest/${id}`);
    t.equal(status, 200);
    t.match(body, {
      entity: 'guest',
      app_id: id,
      odoo_model: 'res.partner',
      odoo_id: partner.id,
      state: 'active',
      situation: { kind: 'agreed', remedy: null },
      base: { app: { phone: '+33 1' }, odoo: { phone: '+33 1' }, agreed_at: /Z$/ },
      app: { reachable: true, record: { id, values: { name: 'Greta Guest' } } },
      odoo: { reachable: true, record: { id: String(partner.id), values: { name: 'Greta Guest' } } },
      next: { decision: 'noop' },
    });
    t.match(fieldOf(body, 'phone'), {
      owner: 'both',
      base: { app: '+33 1', odoo: '+33 1' },
      app: '+33 1',
      odoo: '+33 1',
      next: { to: null, why: 'Both sides hold the same.' },
      last: {
        decisions: [
          {
            to: 'odoo',
            event: { source: 'app' },
            rule: 'created',
            written: 'ok',
            confirmed_at: /Z$/,
            why: /made in Odoo/,
          },
        ],
      },
    });
    for (const kind of ['linked', 'webhook', 'reconcile']) t.ok(kinds(body).includes(kind), kind);
  });

  await t.test('an edit of one side: event, clocks, rule, write, confirmed', async (t) => {
    await app.edit('guests', id, { phone: '+33 2' });
    await waitUntil('it is in Odoo', async () => (await odoo.look(partner.id))?.phone === '+33 2');
    await calm();
    const story = await explain('guest', id);
    t.match(fieldOf(story, 'phone').last, {
      conflict_id: null,
      decisions: [
        {
          to: 'odoo',
          event: { source: 'app', at: /Z$/ },
          rule: 'edited',
          close: false,
          app_at: /Z$/,
          odoo_at: /Z$/,
          written: 'ok',
          why: 'Only the app has changed it since both last agreed: its value goes to Odoo. Odoo confirmed the write.',
        },
      ],
    });
    t.match(fieldOf(story, 'name').last?.decisions, [{ rule: 'created' }], 'others are as they were made');
  });

  await t.test('what the next pass would do, while nothing has told the bridge', async (t) => {
    await setup.bridge.stop();
    await app.edit('guests', id, { phone: '+33 3' });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await odoo.write(partner.id, { phone: '+33 4', street: '4 Rue Neuve' });
    const ran = await bridge('explain', 'guest', id, '--json');
    t.equal(ran.code, 0, ran.stderr);
    const story = JSON.parse(ran.stdout) as Fields;
    t.match(story, { situation: { kind: 'differing', remedy: /sync --ids/ }, next: { decision: 'update' } });
    t.match(fieldOf(story, 'phone'), {
      base: { app: '+33 2', odoo: '+33 2' },
      app: '+33 3',
      odoo: '+33 4',
      next: { to: 'app', rule: /^(later|tie)$/, why: /Both sides have changed it .*Odoo/ },
    });
    t.match(fieldOf(story, 'street').next, { to: 'app', rule: 'edited' });
    t.match(fieldOf(story, 'city').next, { to: null, why: /the same, unlike other fields of address/ });
    t.equal((await app.look('guests', id)).phone, '+33 3', 'it was only looked at');
    t.equal((await odoo.look(partner.id))?.phone, '+33 4');

    const text = await bridge('explain', 'guest', String(partner.id), '--odoo');
    t.equal(text.code, 0, text.stderr);
    t.match(text.stdout, new RegExp(`^guest ${id} = res.partner ${partner.id}, link`));
    t.match(text.stdout, /after a webhook of the app at .*: Only the app has changed it/);
    t.match(text.stdout, /phone: app "\+33 3", Odoo "\+33 4", agreed "\+33 2"/);
  });

  await t.test('a conflict and its restore are part of the story', async (t) => {
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await waitUntil('Odoo won', async () => (await app.look('guests', id)).phone === '+33 4');
    await calm();
    const story = await explain('guest', id);
    const last = fieldOf(story, 'phone').last;
    t.match(last, {
      conflict_id: /^\d+$/,
      decisions: [{ to: 'app', event: null, rule: /^(later|tie)$/, written: 'ok', why: /The app confirmed the write/ }],
    });
    t.match(
      (story.timeline as Fields[]).find(({ kind }) => kind === 'conflict'),
      { text: /phone: Odoo won/, details: { app: { value: '+33 3' }, odoo: { value: '+33 4' } } },
    );
    t.match(await bridge('conflicts', 'restore', String(last?.conflict_id)), { code: 0 });
    await waitUntil('it is back', async () => (await odoo.look(partner.id))?.phone === '+33 3');
    await calm();
    const after = await explain('guest', id);
    t.ok(kinds(after).includes('restored'));
    t.match(fieldOf(after, 'phone').last?.decisions, [{ rule: 'restored', event: null }]);
  });

  await t.test('parked, held and paused records say what to do', async (t) => {
    const bad = await app.create('guests', { name: 'Bell\u0007 Guest' });
    await waitUntil('it is parked', async () => (await setup.bridge.context.reports.queue()).parked === 1);
    t.match(await explain('guest', bad), {
      odoo_id: null,
      state: 'parked',
      error: { code: 'unstorable_characters' },
      situation: { kind: 'parked', text: /set aside/, remedy: /api\/parked\/retry/ },
      odoo: { reachable: true, record: null },
    });
    const twin = await app.create('guests', { name: 'Greta Guest', email: 'greta@example.org' });
    await waitUntil('it is held', async () => (await setup.bridge.context.reports.queue()).held === 1);
    t.match(await explain('guest', twin), {
      state: 'held',
      hold: { kind: 'match' },
      situation: { kind: 'held', remedy: /bridge held resolve \d+/ },
    });
    t.match(await bridge('pause', 'guest'), { code: 0 });
    t.match(await explain('guest', id), { paused: true, situation: { kind: 'paused', remedy: 'bridge resume guest' } });
    t.match(await bridge('resume', 'guest'), { code: 0 });
  });

  await t.test('either side may be away', async (t) => {
    await simulator.close();
    const story = await explain('guest', id);
    t.match(story, {
      situation: { kind: 'side_away' },
      app: { reachable: true, record: { values: { phone: '+33 3' } } },
      odoo: { reachable: false, error: { code: String, remedy: String } },
      next: null,
    });
    t.match(fieldOf(story, 'phone'), { app: '+33 3', next: null, base: { app: '+33 3' } });
    t.notOk('odoo' in fieldOf(story, 'phone'), 'not known');
    await setup.app.close();
    t.match(await explain('guest', id), { app: { reachable: false }, odoo: { reachable: false }, base: { app: {} } });
    const text = await bridge('explain', 'guest', id);
    t.match(text, { code: 0, stdout: /Odoo: +away: / });
  });

  await t.test('who may ask, for what there is, and that none of it is logged', async (t) => {
    t.match(await ask('/api/links/guest/none'), {
      status: 404,
      type: /problem\+json/,
      body: { title: /no such link/ },
    });
    t.match(await ask('/api/links/unicorn/1'), { status: 404, body: { detail: /guest/ } });
    t.match(await ask(`/api/links/guest/${id}?by=x`), { status: 422 });
    t.match(await ask(`/api/links/guest/${id}`, 'wrong'), { status: 401 });
    t.match(await ask('/api/links/guest/xyz?by=odoo'), { status: 404 });
    t.match(await bridge('explain', 'guest', 'none'), { code: 1, stderr: /knows no such guest/ });
    t.match(await bridge('explain', 'guests', id), { code: 2, stderr: /unknown entity/ });
    const log = await readFile(setup.config.LOG_FILE ?? '', 'utf8');
    t.ok(log.length > 0);
    t.notMatch(log, /Greta|\+33|Rue Neuve|greta@/);
  });
});
