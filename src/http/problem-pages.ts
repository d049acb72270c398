/** A page for each kind of problem: what its `type` leads to. They hold nothing secret and need no token. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addRoute } from './operation.ts';
import { escapeText, renderPage, sendPage } from './page.ts';
import { PROBLEMS, type ProblemCode, problemCodes } from './problems.ts';

const html = { description: 'A page.', mediaTypes: ['text/html'] };

export async function problemPages(server: FastifyInstance): Promise<void> {
  addRoute(
    server,
    {
      id: 'listProblems',
      tag: 'Documentation',
      method: 'GET',
      path: '/problems',
      access: 'open',
      summary: 'Every kind of problem that the bridge answers with',
      answers: { 200: html },
    },
    (_input, _request, reply) => sendPage(reply, renderList()),
  );
  addRoute(
    server,
    {
      id: 'describeProblem',
      tag: 'Documentation',
      method: 'GET',
      path: '/problems/:code',
      access: 'open',
      summary: 'What happened, and what to do: what the `type` of a problem leads to',
      params: z.object({ code: z.enum(problemCodes, { error: 'Look at /problems for all of them.' }) }),
      unknown: 'unknown_problem',
      answers: { 200: html },
    },
    ({ params: { code } }, _request, reply) => sendPage(reply, renderProblem(code)),
  );
}

function renderProblem(code: ProblemCode) {
  const { title, status, what, remedy } = PROBLEMS[code];
  return renderPage({
    title: `${title} (${code})`,
    body: `<h1>${escapeText(title)}</h1>
<p class="dim"><code>${code}</code>, HTTP status ${status}</p>
<h2>What happened</h2>
<p>${escapeText(what)}</p>
<h2>What to do</h2>
<p>${escapeText(remedy)}</p>
<p><a href="../problems">All problems</a></p>`,
  });
}

function renderList() {
  const entries = problemCodes.map(
    (code) =>
      `<dt><a href="problems/${code}">${code}</a> <span class="dim">${PROBLEMS[code].status}</span></dt><dd>${escapeText(PROBLEMS[code].title)}</dd>`,
  );
  return renderPage({
    title: 'Problems',
    body: `<h1>Problems</h1>
<p>What the bridge answers with when it cannot do what was asked. The <code>type</code> of an answer leads to its page here.</p>
<dl>
${entries.join('\n')}
</dl>`,
  });
}
