import Fastify from 'fastify';
import t from 'tap';
import { z } from 'zod';
import { type Access, addRoute, collectOperations, takesKey } from '../../src/http/operation.ts';
import { installProblems, sendProblem } from '../../src/http/problem.ts';

const base = { tag: 'Health', access: 'open', summary: 'x', answers: { 200: { description: 'x' } } } as const;

t.test('a route gets what its schemas let through', async (t) => {
  const server = Fastify();
  t.teardown(() => server.close());
  installProblems(server);
  collectOperations(server);
  const things = {
    ...base,
    id: 'change',
    method: 'POST',
    path: '/things/:id',
    params: z.object({ id: z.coerce.number({ error: 'The id is a number.' }) }),
    query: z.object({ limit: z.coerce.number().max(5).default(3) }),
    body: z.strictObject({ name: z.string(), tags: z.array(z.string()).default([]) }),
  } as const;
  addRoute(server, { ...things, unknown: 'unknown_run' }, (input) => input);
  addRoute(server, { ...things, id: 'alone', path: '/alone/:id' }, (input) => input);
  addRoute(server, { ...base, id: 'bare', method: 'GET', path: '/bare' }, (input) => ({ keys: Object.entries(input) }));
  addRoute(
    server,
    {
      ...base,
      id: 'raw',
      method: 'POST',
      path: '/raw',
      body: z.strictObject({ never: z.string() }),
      rawBody: true,
      bodyLimit: 10,
    },
    ({ body }, request) => ({ parsed: body === undefined, raw: request.body }),
  );
  server.get('/page.js', { config: { asset: true } }, async () => '');
  server.get('/silent', async () => '');
  t.same(
    server.operations.map((operation) => ('id' in operation ? operation.id : operation.undocumented)),
    ['change', 'alone', 'bare', 'raw', 'GET /silent'],
  );
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const send = async (path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    return { status: response.status, json: await response.json() };
  };

  t.same(await send('/things/7?limit=2', { name: 'n' }), {
    status: 200,
    json: { params: { id: 7 }, query: { limit: 2 }, body: { name: 'n', tags: [] } },
  });
  t.match(await send('/things/seven', { name: 'n' }), {
    status: 404,
    json: { type: '/problems/unknown_run', detail: 'The id is a number.' },
  });
  t.match(await send('/alone/seven', { name: 'n' }), { status: 404, json: { type: '/problems/unknown_address' } });
  t.match(await send('/things/7?limit=9', { name: 'n' }), {
    status: 422,
    json: { type: '/problems/invalid_request', detail: /^Look at "limit": .+\.$/, errors: [{ field: 'limit' }] },
  });
  const bad = await send('/things/7', { tags: ['a', 4_711], more: 'Personal' });
  t.match(bad, { status: 422, json: { errors: [{ field: 'name' }, { field: 'tags.1' }, { field: 'body' }] } });
  t.notMatch(JSON.stringify(bad), /Personal|4711/, 'no value is repeated');
  t.match(await send('/bare'), { status: 200 });
  t.same(await send('/raw', { a: 1 }), { status: 200, json: { parsed: true, raw: { a: 1 } } });
  t.match(await send('/raw', { a: 'too much' }), { status: 413, json: { type: '/problems/body_too_large' } });
});

t.test('nothing is done before the action has begun', async (t) => {
  const build = async (begin?: (operation: { id: string }) => boolean) => {
    const server = Fastify();
    t.teardown(() => server.close());
    installProblems(server);
    if (begin) {
      server.decorate('beginAction', async (operation, input, _request, reply) => {
        t.match(input, { body: undefined });
        if (begin(operation)) return true;
        sendProblem(reply, 'request_in_progress');
        return false;
      });
    }
    const done: string[] = [];
    const add = (id: string, method: 'GET' | 'POST' | 'DELETE', access: Access) =>
      addRoute(server, { ...base, id, method, access, path: `/${id}` }, () => {
        done.push(id);
        return {};
      });
    add('look', 'GET', 'read');
    add('take', 'GET', 'export');
    add('change', 'POST', 'operate');
    add('remove', 'DELETE', 'erase');
    add('tell', 'POST', 'app');
    const statuses = [];
    for (const [method, url] of [
      ['GET', '/look'],
      ['GET', '/take'],
      ['POST', '/change'],
      ['DELETE', '/remove'],
      ['POST', '/tell'],
    ] as const) {
      statuses.push((await server.inject({ method, url })).statusCode);
    }
    return { done, statuses };
  };
  t.same(await build(), { done: ['look', 'tell'], statuses: [200, 500, 500, 500, 200] }, 'a server that forgot it');
  t.same(await build(({ id }) => id === 'change'), {
    done: ['look', 'change', 'tell'],
    statuses: [200, 409, 200, 409, 200],
  });
});

t.test('what is run again has no use for a key', async (t) => {
  const change = { ...base, id: 'change', method: 'POST', path: '/', access: 'operate' } as const;
  t.same(
    [
      change,
      { ...change, rerunnable: true as const },
      { ...change, method: 'GET' as const, access: 'export' as const },
      { ...change, access: 'odoo' as const },
    ].map(takesKey),
    [true, false, false, false],
  );
});
