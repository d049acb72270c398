/** What the `type` of a problem leads to. */
import Fastify from 'fastify';
import t from 'tap';
import { collectOperations } from '../../src/http/operation.ts';
import { installProblems } from '../../src/http/problem.ts';
import { problemPages } from '../../src/http/problem-pages.ts';
import { PROBLEMS, problemCodes } from '../../src/http/problems.ts';

t.test('a page for each problem, without a token', async (t) => {
  const server = Fastify();
  t.teardown(() => server.close());
  collectOperations(server);
  installProblems(server);
  await problemPages(server);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });

  const list = await (await fetch(`${url}/problems`)).text();
  for (const code of problemCodes) {
    t.ok(list.includes(`href="problems/${code}"`), `${code} is listed`);
    const page = await fetch(`${url}/problems/${code}`);
    t.equal(page.status, 200);
    t.match(page.headers.get('content-type'), /^text\/html/);
    t.match(page.headers.get('content-security-policy'), /default-src 'none'/);
    const html = await page.text();
    t.match(html, /What happened[\s\S]+What to do/, code);
    t.ok(html.includes(String(PROBLEMS[code].status)), 'with its status');
    t.notMatch(html, /<script|https?:/, 'it runs nothing and asks nobody');
  }
  const unknown = await fetch(`${url}/problems/unicorn`);
  t.equal(unknown.status, 404);
  t.match(await unknown.json(), { type: '/problems/unknown_problem', status: 404, detail: /\/problems/ });
  t.equal((await fetch(`${url}/problems/constructor`)).status, 404);
});
