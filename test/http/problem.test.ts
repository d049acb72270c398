import Fastify, { type FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { RetryableError } from '../../src/errors.ts';
import { installProblems, sendProblem } from '../../src/http/problem.ts';

async function serve(t: Test, publicUrl: string | undefined, add: (server: FastifyInstance) => void) {
  const server = Fastify();
  t.teardown(() => server.close());
  installProblems(server, publicUrl);
  add(server);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return async (path: string, init?: RequestInit) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    t.match(response.headers.get('content-type'), /^application\/problem\+json/);
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as object };
  };
}

t.test('a problem says what it is and what to do', async (t) => {
  const get = await serve(t, undefined, (server) => {
    server.get('/plain', (_request, reply) => sendProblem(reply, 'token_needed'));
    server.get('/full', (_request, reply) =>
      sendProblem(reply, 'invalid_request', { detail: 'd', code: 'c', errors: [{ field: 'f', message: 'm' }] }),
    );
  });
  t.same((await get('/plain')).json, {
    type: '/problems/token_needed',
    title: 'A token is needed',
    status: 401,
    detail: 'Send "Authorization: Bearer" with one of BRIDGE_API_TOKENS.',
    code: 'token_needed',
  });
  t.match((await get('/full')).json, { status: 422, detail: 'd', code: 'c', errors: [{ field: 'f', message: 'm' }] });
});

t.test('its type is an address of the bridge, also behind a path', async (t) => {
  const get = await serve(t, 'https://bridge.example.org/odoo/', () => undefined);
  t.match(await get('/nowhere'), {
    status: 404,
    json: { type: 'https://bridge.example.org/odoo/problems/unknown_address' },
  });
});

t.test('what is thrown', async (t) => {
  const thrown = new Map<string, Error>();
  const get = await serve(t, undefined, (server) => {
    server.get<{ Params: { what: string } }>('/:what', ({ params: { what } }) => {
      throw thrown.get(what);
    });
  });
  const away = { code: 'a_code', message: 'secret message', remedy: 'r' };
  const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);
  const cases: readonly [Error, number, string][] = [
    [failure('x', { code: 'ECONNREFUSED' }), 503, 'database_away'],
    [failure('x', { code: '57P01' }), 503, 'database_away'],
    [failure('Connection terminated unexpectedly'), 503, 'database_away'],
    [failure('x', { statusCode: 413 }), 413, 'body_too_large'],
    [failure('x', { statusCode: 418 }), 418, 'request_refused'],
    [failure('secret', { statusCode: 599 }), 599, 'internal'],
    [new TypeError('secret'), 500, 'internal'],
    [new RetryableError({ ...away, message: 'Connection terminated' }, 'unknown'), 500, 'internal'],
  ];
  for (const [index, [error, status, kind]] of cases.entries()) {
    thrown.set(String(index), error);
    const answer = await get(`/${index}`);
    t.match(answer, { status, json: { type: `/problems/${kind}`, status } }, `${index}`);
    t.notMatch(answer.text, /secret/);
    t.equal(answer.headers.get('retry-after'), status === 503 ? '5' : null);
  }
  t.match((await get('/7')).json, { code: 'a_code' }, 'the cause, where it has a name');
  t.match((await get('/6')).json, { instance: /^urn:uuid:./ }, 'what to look for in the log');
  // A fault that lost its stack on the way.
  thrown.set('bare', Object.assign(new Error('secret'), { stack: undefined }));
  t.match(await get('/bare'), { status: 500, json: { code: 'internal' } });
});
