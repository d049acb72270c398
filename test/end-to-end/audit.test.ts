/** Who did what: each command and each request that does something has its row, and looking has none. */
import type { Command } from 'commander';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import type { Fields } from '../../sandbox/people/people.ts';
import { buildProgram } from '../../src/cli.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(240_000);

/** Commands that change nothing and take nothing away. */
const LOOKS = ['serve', 'migrate', 'parked', 'held', 'conflicts', 'explain', 'audit', 'doctor'];

/** Each of the others, with arguments and the row that it leaves. */
const ACTS: Readonly<Record<string, readonly [args: string, row: object]>> = {
  sync: ['sync teachers --ids 1,2', { operation: 'startSync', subject: { collection: 'teachers', ids: ['1', '2'] } }],
  plan: ['plan guests', { operation: 'startSync', subject: { collection: 'guests', dry_run: true }, outcome: 'done' }],
  erase: [
    'erase guest 7 --odoo',
    {
      operation: 'eraseRecord',
      subject: { entity: 'guest', id: '7', by: 'odoo' },
      outcome: 'refused',
      code: 'unknown_link',
    },
  ],
  logs: ['logs --export csv', { operation: 'exportLogs', subject: { format: 'csv' }, outcome: 'done' }],
  'parked retry': ['parked retry --entity guest', { operation: 'retryParked', subject: { entity: 'guest' } }],
  pause: ['pause guest', { operation: 'pauseEntity', subject: { entity: 'guest' }, outcome: 'done' }],
  resume: ['resume guest', { operation: 'resumeEntity', subject: { entity: 'guest' }, outcome: 'done' }],
  'held release': ['held release --kind delete', { operation: 'releaseHeld', subject: { kind: 'delete' } }],
  'conflicts restore': [
    'conflicts restore 99',
    { operation: 'restoreConflict', subject: { id: '99' }, outcome: 'refused', code: 'restore_unknown' },
  ],
  relink: ['relink --entity guest --dry-run', { operation: 'relink', subject: { entity: 'guest', dry_run: true } }],
  rebind: ['rebind --yes', { operation: 'rebind', outcome: 'done' }],
  // The simulator keeps no books.
  'export accounting': [
    'export accounting --from 2026-01-01 --to 2026-01-31',
    {
      operation: 'exportAccounting',
      subject: { from: '2026-01-01', to: '2026-01-31', format: 'fec' },
      outcome: 'failed',
    },
  ],
  webhooks: ['webhooks remove', { operation: 'removeWebhooks', subject: {}, outcome: 'done' }],
};

/** Names of all that can be run; a command that only holds others is none. */
function namesOf(command: Command, prefix = ''): readonly string[] {
  return command.commands.flatMap((one) => {
    const name = `${prefix}${one.name()}`;
    return [...(one.commands.length === 0 || LOOKS.includes(name) ? [name] : []), ...namesOf(one, `${name} `)];
  });
}

t.test('it is known of each command whether it does something', async (t) => {
  t.same([...namesOf(buildProgram())].sort(), [...LOOKS, ...Object.keys(ACTS)].sort());
});

t.test('on the command line', async (t) => {
  const odoo = await startOdooSimulator();
  t.teardown(() => odoo.close());
  const setup = await startBridge(t, { odoo });
  const { audit } = setup.bridge.context;
  const run = (args: string) => runCommand(setup.environment, ...args.split(' '));
  for (const [name, [args, row]] of Object.entries(ACTS)) {
    const before = (await audit.list({ limit: 100 })).data.length;
    await run(args);
    const { data } = await audit.list({ limit: 100 });
    t.equal(data.length, before + 1, `${name} leaves one row`);
    t.match(data[0], { via: 'command', who: /./, outcome: /done|refused|failed/, ...row }, name);
  }
  const { length } = (await audit.list({ limit: 100 })).data;
  for (const args of [
    'logs',
    'parked retry --preview',
    'parked',
    'held',
    'conflicts',
    'explain guest 1',
    'webhooks verify',
    'rebind',
  ])
    await run(args);
  t.equal((await audit.list({ limit: 100 })).data.length, length, 'looking leaves none');

  const listed = JSON.parse((await run('audit --json --operation pauseEntity --since 2026-01-01T00:00:00Z')).stdout);
  t.match(listed, [{ operation: 'pauseEntity', subject: { entity: 'guest' }, outcome: 'done' }]);
  t.equal(listed.length, 1);
  const text = (await run('audit --limit 3')).stdout.trim().split('\n');
  t.equal(text.length, 3);
  t.match(text[0], /^20\S+Z\tcommand\t\S+\tremoveWebhooks\t-\tdone$/);
  t.match((await run('audit --outcome refused')).stdout, /restoreConflict\tid=99\trefused \(restore_unknown\)/);
  t.match(await run('audit --entity unicorn'), { code: 0, stdout: 'nothing was done\n' });
  t.match(await run('audit --since yesterday'), { code: 2, stderr: /It is a time such as/ });
  t.match(await run('audit --limit 0'), { code: 2, stderr: /whole number from 1/ });
});

t.test('over HTTP', async (t) => {
  const odoo = await startOdooSimulator();
  t.teardown(() => odoo.close());
  const tokens = {
    desk: 'works-at-the-desk-all-day',
    reader: 'only-looks-at-what-there-is',
    night: 'starts-a-resync-each-night',
  };
  const setup = await startBridge(t, {
    odoo,
    environment: {
      BRIDGE_API_TOKENS: `desk read+operate ${tokens.desk}, reader read ${tokens.reader},night operate ${tokens.night}`,
    },
  });
  const ask = async (who: keyof typeof tokens | null, method: string, path: string, key?: string) => {
    const headers = {
      ...(who && { authorization: `Bearer ${tokens[who]}` }),
      ...(key && { 'idempotency-key': key }),
    };
    const response = await fetch(setup.bridge.url + path, { method, headers });
    return { status: response.status, body: (await response.json()) as Fields };
  };
  t.match(await ask('desk', 'POST', '/api/entities/guest/pause'), { status: 200 });
  const started = await ask('night', 'POST', '/api/sync/teachers', 'tonight');
  t.match(started, { status: 202 });
  await setup.restart();
  t.same(await ask('night', 'POST', '/api/sync/teachers', 'tonight'), started, 'after a restart, too');
  for (let time = 0; time < 5; time += 1) {
    t.match(await ask('reader', 'POST', '/api/entities/guest/resume'), {
      status: 403,
      body: { code: 'scope_missing', detail: /"operate"/ },
    });
    t.match(await ask('night', 'GET', '/api/logs'), { status: 403, body: { detail: /"read"/ } });
    t.match(await ask(null, 'POST', '/api/entities/guest/resume'), { status: 401 });
  }
  t.match(await ask('desk', 'POST', '/api/accounting/export'), { status: 403, body: { detail: /"export"/ } });
  t.match(await ask('desk', 'POST', '/api/held/17/resolve'), { status: 422 });
  const { body } = await ask('reader', 'GET', '/api/audit');
  const rows = body.data as readonly Fields[];
  t.match(
    rows.map(({ who, operation, outcome, code }) => [who, operation, outcome, code]),
    [
      ['desk', 'exportAccounting', 'refused', 'scope_missing'],
      ['night', 'listLogs', 'refused', 'scope_missing'],
      ['reader', 'resumeEntity', 'refused', 'scope_missing'],
      ['night', 'startSync', 'done', null],
      ['desk', 'pauseEntity', 'done', null],
    ],
  );
  t.equal(rows.length, 5, 'of refusals one an hour, of strangers none');
  for (const token of Object.values(tokens)) t.notOk(JSON.stringify(rows).includes(token));
  t.match((await ask('reader', 'GET', '/api/audit?who=night&outcome=done')).body, {
    data: [{ operation: 'startSync' }],
  });
  const metrics = await fetch(`${setup.bridge.url}/metrics`, { headers: { authorization: `Bearer ${tokens.reader}` } });
  t.match(await metrics.text(), /bridge_requests_refused_total\{reason="token_needed"\} 5\n/);
});

t.test('what is taken away or erased over HTTP', async (t) => {
  const odoo = await startOdooSimulator();
  t.teardown(() => odoo.close());
  const tokens = { reader: 'only-looks-at-what-there-is', files: 'takes-files-and-erases' };
  const setup = await startBridge(t, {
    odoo,
    environment: { BRIDGE_API_TOKENS: `reader read ${tokens.reader},files export+erase ${tokens.files}` },
  });
  const ask = (who: keyof typeof tokens, path: string, body?: object) =>
    fetch(setup.bridge.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${tokens[who]}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const refused = await ask('reader', '/api/logs/export?format=csv');
  t.match({ status: refused.status, body: await refused.json() }, { status: 403, body: { detail: /"export"/ } });
  const file = await ask('files', '/api/logs/export?format=csv');
  t.equal(file.status, 200);
  t.match(await file.text(), /^id,at,/);
  t.equal((await ask('files', '/api/erase', { entity: 'guest', id: '7' })).status, 404);
  const { data } = await setup.bridge.context.audit.list({ limit: 10 });
  t.match(
    data.map(({ who, operation, outcome, subject }) => [who, operation, outcome, subject]),
    [
      ['files', 'eraseRecord', 'refused', { entity: 'guest', id: '7', by: 'app' }],
      ['files', 'exportLogs', 'done', { format: 'csv' }],
      ['reader', 'exportLogs', 'refused', {}],
    ],
  );
});
