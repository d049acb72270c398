import diagnostics from 'node:diagnostics_channel';
import { request } from 'node:http';
import t from 'tap';
import { type Watched, watchRequest } from '../../../src/backends/odoo/watched-request.ts';
import {
  answer,
  closedUrl,
  cutOff,
  endless,
  garbage,
  hangUp,
  silence,
  stall,
  startFaultyServer,
  trickle,
  xml,
} from '../../support/faulty-server.ts';

const dates: (string | null)[] = [];
const limits = { timeoutMs: 5_000, maxBytes: 1_000, onDate: (date: string | null) => dates.push(date) };

/** As such a library does it: a request, and one callback when it is over or when it has failed. */
function ask(url: string, options = limits, { hasty = false } = {}): Promise<Watched<string>> {
  return watchRequest<string>(options, (callback) => {
    const made = request(url, { method: 'POST' }, (response) => {
      let text = '';
      if (hasty) response.once('data', () => callback(new Error('no XML'), ''));
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () => callback(null, text));
    });
    made.on('error', (error) => callback(error, ''));
    made.end();
  });
}

t.test('an answer comes with its head', async (t) => {
  const server = await startFaultyServer(t, answer(503, 'text/xml', 'x', { 'retry-after': '3', date: 'then' }));
  const head = { status: 503, contentType: 'text/xml', retryAfter: '3' };
  t.match(await ask(server.url), { kind: 'answered', error: null, value: 'x', head });
  t.equal(dates.at(-1), 'then');
  const bare = await startFaultyServer(t, (response) => {
    response.sendDate = false;
    response.writeHead(404).end();
  });
  t.match(await ask(bare.url), { kind: 'answered', head: { status: 404, contentType: '', retryAfter: null } });
  t.equal(dates.at(-1), null);
});

t.test('deadline and cap end the request', async (t) => {
  for (const fault of [silence, stall('text/xml', '<'), trickle('text/xml', '<')]) {
    const slow = await startFaultyServer(t, fault);
    const begun = Date.now();
    t.same(await ask(slow.url, { ...limits, timeoutMs: 100 }), { kind: 'timed-out' });
    t.ok(Date.now() - begun < 1_000, 'in time, whatever trickles in');
    await slow.hungUpOn();
  }
  const large = await startFaultyServer(t, endless('text/xml', '<'));
  t.same(await ask(large.url), { kind: 'too-large' });
  await large.hungUpOn();
});

t.test('a library that has seen enough does not leave the rest running', async (t) => {
  const server = await startFaultyServer(t, (response) => response.writeHead(200).write('<html>'));
  t.match(await ask(server.url, limits, { hasty: true }), { kind: 'answered', error: { message: 'no XML' } });
  await server.hungUpOn();
});

t.test('connections that break are told by their code', async (t) => {
  const server = await startFaultyServer(t, hangUp);
  t.same(await ask(server.url), { kind: 'broken', code: 'ECONNRESET' });
  const half = await startFaultyServer(t, cutOff('text/xml', '<a>'));
  t.same(await ask(half.url), { kind: 'broken', code: 'ECONNRESET' }, 'half an answer');
  t.same(await ask(await closedUrl()), { kind: 'broken', code: 'ECONNREFUSED' });
  const nowhere = await closedUrl();
  const failed = watchRequest(limits, (callback) => {
    request(nowhere).end();
    setImmediate(() => callback(new Error('of its own'), null));
  });
  t.match(await failed, { kind: 'broken' }, 'before there was an answer');
  const nonsense = await startFaultyServer(t, garbage('what?\r\n\r\n'));
  t.same(await ask(nonsense.url), { kind: 'broken', code: 'HPE_INVALID_CONSTANT' }, 'no HTTP');
});

t.test('each request is watched by itself', async (t) => {
  const server = await startFaultyServer(t, silence, xml(''));
  const slow = ask(server.url, { ...limits, timeoutMs: 300 });
  while (server.asked.length === 0) await new Promise(setImmediate);
  t.match(await ask(server.url), { kind: 'answered' });
  t.same(await slow, { kind: 'timed-out' });
});

t.test('a start that throws or makes no request is told at once', async (t) => {
  const throws = () => {
    throw new RangeError('before the request');
  };
  await t.rejects(watchRequest(limits, throws), { message: 'before the request' });
  await t.rejects(
    watchRequest(limits, () => {}),
    { name: 'TypeError' },
  );
  t.notOk(diagnostics.channel('http.client.request.created').hasSubscribers, 'and nobody goes on listening');
});
