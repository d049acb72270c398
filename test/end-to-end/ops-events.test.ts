/** What the page /ops asks for: the overview, the stream of events, the list of runs, records by name. */
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(120_000);

async function listen({ bridge, secrets }: TestSetup) {
  const headers = { authorization: `Bearer ${secrets.api}` };
  const response = await fetch(`${bridge.url}/api/events`, { headers });
  const heard: { event: string; data: Fields }[] = [];
  const ended = (async () => {
    let text = '';
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + part).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event = '', data = 'null'] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (event) heard.push({ event, data: JSON.parse(data) as Fields });
      }
    }
  })();
  const last = (event: string) => heard.findLast((one) => one.event === event)?.data;
  return { response, heard, last, ended };
}

t.test('what the page asks for', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const [app, odoo] = [appPerson(setup.app.url), odooPerson(simulator)];
  const { get, post } = bridgeCallers(setup);

  await t.test('nothing of it without a token', async (t) => {
    for (const path of ['/api/overview', '/api/events', '/api/sync/runs']) {
      t.equal((await fetch(setup.bridge.url + path)).status, 401, path);
    }
    t.equal((await fetch(`${setup.bridge.url}/ops`)).status, 200, 'but the page itself, which holds no data');
  });

  await t.test('the overview names each entity, and counts', async (t) => {
    const id = await app.create('guests', { name: 'Zoé Zola' });
    await odoo.appears('Zoé Zola');
    await post('/api/entities/tenant/pause', {});
    const { status, headers, body } = await get('/api/overview');
    t.equal(status, 200);
    t.equal(headers.get('cache-control'), 'no-store');
    t.match(body, { instance: 'main', odoo_url: simulator.url, activity: { step_seconds: 60 } });
    const entities = body.entities as Fields[];
    t.equal(entities.length, 10);
    t.match(
      entities.find(({ entity }) => entity === 'guest'),
      { collection: 'guests', links: 1, parked: 0, paused: false },
    );
    t.match(
      entities.find(({ entity }) => entity === 'tenant'),
      { links: 0, paused: true, held_by_kind: {} },
    );
    await post('/api/entities/tenant/resume', {});

    const found = async (q: string) =>
      ((await get(`/api/links?q=${encodeURIComponent(q)}`)).body.data as Fields[]).length;
    await waitUntil('its name is known', async () => (await found('zola')) === 1);
    t.equal(await found(id), 1, 'by the id of the app');
    t.equal(await found('nobody'), 0);
    t.equal(await found('%'), 0, 'no patterns');
    t.match((await get('/api/links?q=zola')).body, { data: [{ name: 'Zoé Zola', app_id: id }] });
  });

  await t.test('events tell of figures and of runs as they change', async (t) => {
    const stream = await listen(setup);
    t.match(stream.response.headers.get('content-type'), /^text\/event-stream/);
    await waitUntil('the first state is sent', () => stream.last('figures') && stream.last('runs'));
    await waitUntil('all is calm', () => stream.last('figures')?.depth === 0);
    t.match(stream.last('figures'), { parked: 0, held: 0, paused: [] });
    await post('/api/entities/guest/pause', {});
    await waitUntil('the pause is told', () => String(stream.last('figures')?.paused) === 'guest');
    const { body } = await post('/api/sync/guests', {});
    const run = () => (stream.last('runs') as unknown as Fields[])[0];
    await waitUntil('the run is told', () => run()?.id === body.run_id && run()?.total === 1);
    await post('/api/entities/guest/resume', {});
    await waitUntil('and that it is over', () => run() === undefined);
    t.match((await get(`/api/sync/runs/${body.run_id}`)).body, { status: 'done', total: 1, done: 1 });

    const startedAt = performance.now();
    await setup.bridge.stop();
    await stream.ended;
    t.ok(performance.now() - startedAt < 2_000, 'an open stream does not hold the end up, and ends in order');
    await setup.restart();
  });

  await t.test('the list of runs, newest first, page by page', async (t) => {
    for (const collection of ['tenants', 'teachers']) {
      const { body } = await post(`/api/sync/${collection}`, {});
      await waitUntil('it is done', async () => (await get(`/api/sync/runs/${body.run_id}`)).body.status === 'done');
    }
    const names = ({ body }: { body: Fields }) => (body.data as Fields[]).map(({ collection }) => collection);
    t.same(names(await get('/api/sync/runs')), ['teachers', 'tenants', 'guests']);
    const first = await get('/api/sync/runs?limit=2');
    t.same(names(first), ['teachers', 'tenants']);
    const second = await get(`/api/sync/runs?limit=2&cursor=${first.body.next_cursor}`);
    t.same(names(second), ['guests']);
    t.equal(second.body.next_cursor, null);
    for (const query of ['limit=0', 'limit=x', 'cursor=1']) {
      t.match(await get(`/api/sync/runs?${query}`), { status: 422, body: { detail: /"(cursor|limit)"/ } }, query);
    }
  });
});
