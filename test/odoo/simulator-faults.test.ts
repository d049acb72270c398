import t from 'tap';
import {
  badGateway,
  type Fault,
  type FaultRule,
  redirectTo,
  tooManyRequests,
} from '../../sandbox/odoo-simulator/faults.ts';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import type { OdooTransport } from '../../src/backends/odoo/transport.ts';
import { createXmlrpcTransport } from '../../src/backends/odoo/xmlrpc-transport.ts';

t.setTimeout(60_000);

const forever = new Promise<void>(() => {});
const partners = { model: 'res.partner', method: 'write' };

interface Expected {
  readonly fault: Fault;
  readonly error: {
    readonly name: string;
    readonly code: string;
    readonly outcome?: string;
    readonly retryAfterMs?: number;
  };
  /** Whether the write has happened. */
  readonly applied: boolean;
}

const lost = { name: 'RetryableError', code: 'odoo_connection_lost', outcome: 'unknown' };
const silent = { name: 'RetryableError', code: 'odoo_timeout', outcome: 'unknown' };
const CASES: Readonly<Record<string, Expected>> = {
  'a hang before the start': {
    fault: { kind: 'hold', at: 'before-start', until: forever },
    error: silent,
    applied: false,
  },
  'a hang before the commit': {
    fault: { kind: 'hold', at: 'before-commit', until: forever },
    error: silent,
    applied: false,
  },
  'a hang after the commit': {
    fault: { kind: 'hold', at: 'after-commit', until: forever },
    error: silent,
    applied: true,
  },
  'a reset before the commit': { fault: { kind: 'reset', at: 'before-commit' }, error: lost, applied: false },
  'a reset after the commit': { fault: { kind: 'reset', at: 'after-commit' }, error: lost, applied: true },
  'half an answer': { fault: { kind: 'truncate' }, error: lost, applied: true },
  'half an answer, then silence': { fault: { kind: 'stall' }, error: silent, applied: true },
  'a slow trickle': { fault: { kind: 'trickle', bytes: 1, everyMs: 200 }, error: silent, applied: true },
  'a gateway without Odoo': {
    fault: badGateway,
    error: { name: 'RetryableError', code: 'odoo_unavailable', outcome: 'unknown' },
    applied: false,
  },
  'a redirect': {
    fault: redirectTo('https://elsewhere.example/web/login'),
    error: { name: 'SetupError', code: 'redirected' },
    applied: false,
  },
  'too many requests': {
    fault: tooManyRequests(7),
    error: { name: 'RetryableError', code: 'rate_limited', outcome: 'not-applied', retryAfterMs: 7000 },
    applied: false,
  },
  'a transaction given up': {
    fault: { kind: 'serialization' },
    error: { name: 'RetryableError', code: 'odoo_busy', outcome: 'not-applied' },
    applied: false,
  },
  'an expired key': {
    fault: { kind: 'expired-key' },
    error: { name: 'SetupError', code: 'invalid_credentials' },
    applied: false,
  },
  'rights taken away': {
    fault: { kind: 'access-denied', operation: 'write' },
    error: { name: 'SetupError', code: 'access_denied' },
    applied: false,
  },
};

for (const kind of ['xmlrpc', 'json2'] as const) {
  t.test(`faults as ${kind} sees them`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const transport = open(kind, simulator);
    await transport.userId();
    for (const [name, { fault, error, applied }] of Object.entries(CASES)) {
      const id = await simulator.asPerson().create('res.partner', { name: 'Ada', phone: '1' });
      simulator.faults.add({ fault, when: partners, times: 1 });
      const call = { ...partners, ids: [id], args: { vals: { phone: '2' } }, timeoutMs: 300 };
      await t.rejects(transport.call(call), error, name);
      t.equal(
        simulator.table('res.partner').get(id)?.phone,
        applied ? '2' : '1',
        `${name}: ${applied ? 'done' : 'not done'}`,
      );
      await transport.call({ ...call, timeoutMs: 5000 });
      t.equal(simulator.table('res.partner').get(id)?.phone, '2', `${name}: the next try passes`);
    }
  });

  t.test(`a stopped Odoo as ${kind} sees it`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const transport = open(kind, simulator);
    const id = await simulator.asPerson().create('res.partner', { name: 'Ada' });
    await transport.userId();
    await simulator.pause();
    const count = { model: 'res.partner', method: 'search_count', args: { domain: [['id', '=', id]] } };
    await t.rejects(transport.call(count), {
      name: 'RetryableError',
      code: 'odoo_unreachable',
      outcome: 'not-applied',
    });
    await simulator.resume();
    t.equal(await transport.call(count), 1, 'its records are still there');
  });
}

t.test('a held call lands later', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const transport = open('json2', simulator);
  const id = await simulator.asPerson().create('res.partner', { name: 'Ada', phone: '1' });
  const { promise, resolve } = Promise.withResolvers<void>();
  simulator.faults.add({ fault: { kind: 'hold', at: 'before-commit', until: promise }, when: partners, times: 1 });
  const call = { ...partners, ids: [id], args: { vals: { phone: '2' } } };
  await t.rejects(transport.call({ ...call, timeoutMs: 200 }), { code: 'odoo_timeout' });
  await simulator.asPerson().write('res.partner', id, { email: 'a@b.c' });
  resolve();
  while (simulator.table('res.partner').get(id)?.phone !== '2') await new Promise(setImmediate);
  t.match(simulator.table('res.partner').get(id), { phone: '2', email: 'a@b.c' }, 'on top of what came meanwhile');
});

t.test('rules strike when they should', async (t) => {
  const strikes = async (rule: Omit<FaultRule, 'fault'>, seed: number) => {
    const simulator = await startOdooSimulator({ seed });
    simulator.faults.add({ fault: { kind: 'serialization' }, ...rule });
    const transport = open('json2', simulator);
    let struck = '';
    for (let call = 0; call < 24; call += 1) {
      const count = transport.call({
        model: call % 2 ? 'res.country' : 'res.partner',
        method: 'search',
        args: { domain: [] },
      });
      struck += await count.then(
        () => '.',
        () => 'x',
      );
    }
    await simulator.close();
    return struck;
  };
  t.match(await strikes({ times: 2, skip: 1 }, 1), /^\.xx\.+$/);
  t.match(await strikes({ when: { model: 'res.country' } }, 1), /^(\.x)+$/);
  t.match(await strikes({ when: (call) => call.model === 'res.partner', times: 1 }, 1), /^x\.+$/);
  const drawn = await strikes({ probability: 0.5 }, 7);
  t.match(drawn, /x.*\.|\..*x/);
  t.equal(await strikes({ probability: 0.5 }, 7), drawn, 'the same seed, the same faults');
  t.not(await strikes({ probability: 0.5 }, 8), drawn);
});

t.test('clocks, people and what is not covered', async (t) => {
  let now = Date.parse('2030-01-01T10:00:00.250Z');
  const simulator = await startOdooSimulator({
    now: () => now,
    users: [{ username: 'bot', apiKey: 'k', groups: ['base.group_user'] }],
  });
  t.teardown(() => simulator.close());
  const transport = open('json2', simulator);
  const id = await simulator.asPerson().create('res.partner', { name: 'Ada' });
  t.equal(simulator.asPerson().read('res.partner', id)?.write_date, '2030-01-01 10:00:00');
  t.equal(simulator.table('res.partner').get(id)?.write_date, now * 1000, 'microseconds inside');
  simulator.clock.databaseOffsetMs = -300_000;
  simulator.clock.webOffsetMs = 300_000;
  now += 1000;
  await simulator.asPerson().write('res.partner', id, { phone: '1' });
  t.equal(simulator.asPerson().read('res.partner', id)?.write_date, '2030-01-01 09:55:01', 'a clock that jumped back');
  const { headers } = await fetch(`${simulator.url}/web/version`);
  t.equal(headers.get('date'), 'Tue, 01 Jan 2030 10:05:01 GMT');
  const bot = simulator.asPerson(3);
  await t.rejects(async () => bot.write('res.partner', id, { phone: '2' }), /^You are not allowed to modify/);

  for (const call of [
    { model: 'res.country', method: 'unlink', ids: [1] },
    { model: 'res.partner', method: 'copy', ids: [id] },
    { model: 'res.partner', method: 'read', ids: [id], args: { fields: ['function'] } },
    { model: 'res.partner', method: 'search', args: { domain: [['id', 'child_of', 1]] } },
  ]) {
    await t.rejects(transport.call(call), /simulator: .* is not in the contract suite/);
  }
  const asked = ['res.country.unlink', 'res.partner.copy', 'res.partner.function', 'domain operator child_of'];
  t.same(simulator.unknownCalls, asked);
  t.equal(simulator.calls.get('res.partner.read'), 1);
});

function open(kind: 'xmlrpc' | 'json2', simulator: OdooSimulator): OdooTransport {
  return kind === 'xmlrpc' ? createXmlrpcTransport(simulator) : createJson2Transport(simulator);
}
