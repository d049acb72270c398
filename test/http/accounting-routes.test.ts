import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import t, { type Test } from 'tap';
import { RetryableError, SetupError, TerminalError } from '../../src/errors.ts';
import { type AccountingOptions, accountingRoutes } from '../../src/http/accounting-routes.ts';
import { installProblems } from '../../src/http/problem.ts';

const GOOD = { from: '2026-01-01', to: '2026-12-31', format: 'fec' };
/** So long the server bears a connection on which nothing moves. */
const SILENCE_MS = 200;
const DETAIL = { code: 'some_code', message: 'What happened.', remedy: 'What to do.' };

async function serve(t: Test, exportAccounting: AccountingOptions['exportAccounting']) {
  const server = Fastify({ connectionTimeout: SILENCE_MS });
  installProblems(server);
  server.decorate('beginAction', async () => true);
  await accountingRoutes(server, { exportAccounting });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => server.close());
  return (body: unknown, signal?: AbortSignal) =>
    fetch(`${url}/api/accounting/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
}

t.test('a download', async (t) => {
  const asked: unknown[] = [];
  const post = await serve(t, async (request) => {
    asked.push(request);
    return {
      fileName: 'a.txt',
      mediaType: 'text/plain; charset=utf-8',
      size: 8,
      content: Readable.from(['one', '\r\ntwo']),
    };
  });
  const response = await post(GOOD);
  t.equal(response.status, 200);
  t.equal(await response.text(), 'one\r\ntwo');
  t.equal(response.headers.get('content-disposition'), 'attachment; filename="a.txt"');
  t.equal(response.headers.get('cache-control'), 'no-store');
  t.same(asked, [{ ...GOOD, all_entries: false }]);
});

t.test('an export that takes long before its first byte', async (t) => {
  const post = await serve(t, async () => {
    await sleep(SILENCE_MS * 3);
    return { fileName: 'a.txt', mediaType: 'text/plain', size: 1, content: Readable.from(['x']) };
  });
  t.equal(await (await post(GOOD)).text(), 'x');
});

t.test('a bad request', async (t) => {
  const post = await serve(t, () => t.fail('nothing to export') as never);
  for (const [body, field] of [
    [{ ...GOOD, from: '2026-02-30' }, 'from'],
    [{ ...GOOD, to: '2025-01-01' }, 'to'],
    [{ ...GOOD, more: 1 }, 'body'],
  ] as const) {
    const response = await post(body);
    t.equal(response.status, 422);
    t.match(response.headers.get('content-type'), /^application\/problem\+json/);
    t.match(await response.json(), { detail: new RegExp(`^Look at "${field}"`) });
  }
});

t.test('an export that does not come about', async (t) => {
  const cases = [
    [new TerminalError(DETAIL), 409, null],
    [new SetupError(DETAIL), 502, null],
    [new RetryableError(DETAIL, 'not-applied'), 503, '5'],
    [new RetryableError(DETAIL, 'not-applied', 61_001), 503, '62'],
  ] as const;
  for (const [error, status, retryAfter] of cases) {
    const post = await serve(t, () => Promise.reject(error));
    const response = await post(GOOD);
    t.equal(response.status, status);
    t.equal(response.headers.get('retry-after'), retryAfter);
    t.match(await response.json(), { code: 'some_code', detail: 'What happened. What to do.' });
  }
  const post = await serve(t, () => Promise.reject(new TypeError('secret')));
  const response = await post(GOOD);
  t.equal(response.status, 500);
  t.notMatch(await response.text(), /secret/);
});

t.test('who leaves while it is made is not waited for', async (t) => {
  const begun = Promise.withResolvers<AbortSignal>();
  const post = await serve(t, async (_request, signal) => {
    begun.resolve(signal);
    await once(signal, 'abort');
    throw signal.reason;
  });
  const leaving = new AbortController();
  const answer = post(GOOD, leaving.signal);
  const signal = await begun.promise;
  leaving.abort();
  await t.rejects(answer);
  if (!signal.aborted) await once(signal, 'abort');
  t.ok(signal.aborted);
});
