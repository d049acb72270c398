/** Which token may do what, over HTTP. */
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import t from 'tap';
import { requireToken } from '../../src/http/authorize.ts';
import { type Access, addRoute } from '../../src/http/operation.ts';
import { installProblems } from '../../src/http/problem.ts';
import type { Act } from '../../src/links/audit.ts';

const base = { tag: 'Health', summary: 'x', method: 'GET', answers: { 200: { description: 'x' } } } as const;
const TOKENS = [
  { token: 'all-that-may-be-done', name: null, scopes: ['read', 'operate', 'export', 'erase'] },
  { token: 'looks-and-that-is-all', name: 'reader', scopes: ['read'] },
  { token: 'works-and-exports-files', name: 'worker', scopes: ['operate', 'export'] },
] as const;

function setUp({ broken = false } = {}) {
  const server = Fastify();
  t.teardown(() => server.close());
  installProblems(server);
  const refusals: string[] = [];
  const acts: Act[] = [];
  const refuse = async (act: Act) => {
    if (broken) throw new Error('the database is away');
    acts.push(act);
  };
  requireToken(server, { apiTokens: TOKENS, audit: { refuse }, onRefused: (reason) => refusals.push(reason) });
  server.decorate('beginAction', async () => true);
  for (const access of ['read', 'operate', 'export', 'erase', 'open'] as const satisfies readonly Access[]) {
    addRoute(server, { ...base, id: access, access, path: `/${access}` }, (_input, { caller }) => caller);
  }
  server.get('/page.js', { config: { asset: true } }, async () => ({}));
  const get = async (path: string, authorization?: string, method: 'GET' | 'HEAD' = 'GET') => {
    const answer = await server.inject({ url: path, method, headers: { ...(authorization && { authorization }) } });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  };
  return { get, refusals, acts };
}

t.test('each token does what its scopes say, and nothing else', async (t) => {
  const { get, refusals } = setUp();
  const allowed: Record<string, readonly string[]> = {};
  for (const { token } of TOKENS) {
    const statuses = ['read', 'operate', 'export', 'erase', 'open', 'page.js'].map(async (path) => {
      const { status } = await get(`/${path}`, `Bearer ${token}`);
      return status === 200 ? [path] : [];
    });
    allowed[token] = (await Promise.all(statuses)).flat();
  }
  t.same(allowed, {
    'all-that-may-be-done': ['read', 'operate', 'export', 'erase', 'open', 'page.js'],
    'looks-and-that-is-all': ['read', 'open', 'page.js'],
    'works-and-exports-files': ['operate', 'export', 'open', 'page.js'],
  });
  t.same(
    refusals,
    Array.from({ length: 5 }, () => 'scope_missing'),
  );
  t.equal((await get('/read', 'Bearer works-and-exports-files', 'HEAD')).status, 403);
});

t.test('a refusal names the scope that is missing, and never the token', async (t) => {
  const { get } = setUp();
  const answer = await get('/erase', 'Bearer looks-and-that-is-all');
  t.match(answer, { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="erase"' } });
  t.match(JSON.parse(answer.body), { code: 'scope_missing', detail: /^The token lacks the scope "erase"\./ });
  t.notMatch(answer.body, /looks-and|reader/);
});

t.test('a refusal is told to the audit, and refused all the same when that is away', async (t) => {
  const { get, acts } = setUp();
  await get('/erase', 'Bearer looks-and-that-is-all');
  await get('/erase', 'Bearer no-such-token');
  t.same(acts, [{ via: 'api', who: 'reader', operation: 'erase', subject: {} }], 'not of callers whom nobody knows');
  t.equal((await setUp({ broken: true }).get('/erase', 'Bearer looks-and-that-is-all')).status, 403);
});

t.test('who is not known is asked for a token', async (t) => {
  const { get, refusals } = setUp();
  for (const wrong of [undefined, 'Bearer', 'Bearer no-such-token', 'Basic all-that-may-be-done', 'Bearer a b'])
    t.match(await get('/read', wrong), { status: 401, headers: { 'www-authenticate': 'Bearer' } }, `${wrong}`);
  t.same(
    refusals,
    Array.from({ length: 5 }, () => 'token_needed'),
  );
  t.equal((await get('/read', 'bearer all-that-may-be-done')).status, 200);
});

t.test('a caller is known by name, or by what tells nothing of the token', async (t) => {
  const { get } = setUp();
  const ask = async (path: string, token: string) => JSON.parse((await get(path, `Bearer ${token}`)).body);
  const hash = (token: string) => createHash('sha256').update(token).digest('hex');
  t.match(await ask('/read', TOKENS[1].token), { name: 'reader', fingerprint: hash(TOKENS[1].token) });
  t.match(await ask('/read', TOKENS[0].token), { name: `token ${hash(TOKENS[0].token).slice(0, 8)}` });
});
