/** The description of this interface: as OpenAPI, and as a page that shows it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AboutApi, describeApi } from './openapi.ts';
import { addRoute, type Operation } from './operation.ts';
import { renderPage, sendPage } from './page.ts';

const PAGE = {
  title: 'The interface of odoo-bridge',
  script: 'docs.js',
  body: `<h1>The interface of odoo-bridge</h1>
<form hidden>
<label for="token">One of BRIDGE_API_TOKENS</label>
<input id="token" type="password" autocomplete="current-password" required>
<button>Show</button>
<p role="alert"></p>
</form>
<noscript><p>This page needs JavaScript. The document itself is at <code>/docs/json</code>, for who has a token.</p></noscript>
<main></main>`,
};

/** It holds no more than what any reader of the sources knows, and asks for the token itself. */
export async function docsPage(server: FastifyInstance): Promise<void> {
  const page = renderPage(PAGE);
  addRoute(
    server,
    {
      id: 'showApi',
      tag: 'Documentation',
      method: 'GET',
      path: '/docs',
      access: 'open',
      summary: 'A page that asks for a token and shows this document',
      answers: { 200: { description: 'The page.', mediaTypes: ['text/html'] } },
    },
    (_input, _request, reply) => sendPage(reply, page),
  );
}

/** The document is made when it is first asked for: then all routes are there. */
export async function docsRoutes(server: FastifyInstance, about: AboutApi): Promise<void> {
  let document: object | null = null;
  addRoute(
    server,
    {
      id: 'getApi',
      tag: 'Documentation',
      method: 'GET',
      path: '/docs/json',
      access: 'read',
      summary: 'This document (OpenAPI 3.1)',
      answers: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.string() }) } },
    },
    () => {
      document ??= describeApi(
        server.operations.filter((entry): entry is Operation => 'id' in entry),
        about,
      );
      return document;
    },
  );
}
