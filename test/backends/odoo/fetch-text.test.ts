import { gzipSync } from 'node:zlib';
import t from 'tap';
import { fetchText } from '../../../src/backends/odoo/fetch-text.ts';
import {
  answer,
  cutOff,
  endless,
  hangUp,
  json,
  silence,
  stall,
  startFaultyServer,
  trickle,
} from '../../support/faulty-server.ts';

const limits = { timeoutMs: 5_000, maxBytes: 1_000 };

t.test('an answer is given with what stands above it', async (t) => {
  const server = await startFaultyServer(t, answer(429, 'text/plain', 'né', { 'retry-after': '3', date: 'then' }));
  const dates: (string | null)[] = [];
  const got = await fetchText(
    server.url,
    { method: 'POST', body: '{}' },
    { ...limits, onDate: (date) => dates.push(date) },
  );
  t.same(got, { status: 429, contentType: 'text/plain', retryAfter: '3', text: 'né' });
  t.same(dates, ['then']);
});

t.test('an answer without a type or a body', async (t) => {
  const server = await startFaultyServer(t, (response) => response.writeHead(204).end());
  t.same(await fetchText(server.url, {}, limits), { status: 204, contentType: '', retryAfter: null, text: '' });
});

t.test('a redirect is not followed', async (t) => {
  const other = await startFaultyServer(t, json({}));
  const server = await startFaultyServer(t, answer(307, 'text/html', '', { location: other.url }));
  t.match(await fetchText(server.url, {}, limits), { status: 307 });
  t.equal(other.asked.length, 0);
});

t.test('the deadline holds for the head and for the body', async (t) => {
  for (const fault of [silence, stall('application/json', '['), trickle('application/json', '[')]) {
    const server = await startFaultyServer(t, fault);
    const error = { name: 'RetryableError', code: 'odoo_timeout', outcome: 'unknown' };
    await t.rejects(fetchText(server.url, {}, { ...limits, timeoutMs: 150 }), error);
    await server.hungUpOn();
  }
});

t.test('an answer without end is given up at the cap', async (t) => {
  const server = await startFaultyServer(t, endless('application/json', '['));
  await t.rejects(fetchText(server.url, {}, limits), { name: 'TerminalError', code: 'odoo_answer_too_large' });
  await server.hungUpOn();
  const bomb = await startFaultyServer(t, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100_000)));
  });
  await t.rejects(fetchText(bomb.url, {}, limits), { code: 'odoo_answer_too_large' }, 'counted unpacked');
});

t.test('connections that break', async (t) => {
  for (const fault of [hangUp, cutOff('application/json', '[1')]) {
    const server = await startFaultyServer(t, fault);
    await t.rejects(fetchText(server.url, {}, limits), { code: 'odoo_connection_lost', outcome: 'unknown' });
  }
  const error = { code: 'odoo_connection_lost' };
  await t.rejects(fetchText('http://127.0.0.1:1/', { headers: { a: 'é\n' } }, limits), error, 'without a code at all');
});
