/** The page /ops: files that hold no data, so they need no token; what they show, they ask the API for with one. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute } from './operation.ts';

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly tag: string;
}

const FOLDER = join(import.meta.dirname, 'ops');
const PAGE = 'index.html';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but the page's own files may run, be loaded or be asked, whatever a value of a record holds. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export async function opsRoutes(server: FastifyInstance): Promise<void> {
  const { page, parts } = await readAssets();
  addRoute(
    server,
    {
      id: 'showOps',
      tag: 'Health',
      method: 'GET',
      path: '/ops',
      access: 'open',
      summary: 'The page for operators, which asks for a token itself',
      answers: { 200: { description: 'The page.', mediaTypes: ['text/html'] } },
    },
    (_input, request, reply) => send(page, request, reply),
  );
  const config = { asset: true } as const;
  for (const [name, asset] of parts) {
    server.get(`/ops/${name}`, { config }, (request, reply) => send(asset, request, reply));
  }
  // The page's addresses are relative, for proxies that put a path before it.
  server.get('/ops/', { config }, (_request, reply) => reply.redirect('../ops', 308));
}

async function readAssets(): Promise<{ page: Asset; parts: ReadonlyMap<string, Asset> }> {
  const names = (await readdir(FOLDER)).filter((name) => extname(name) in TYPES && name !== PAGE);
  const paths = new Map(names.map((name) => [name, join(FOLDER, name)]));
  paths.set('preact.js', fileURLToPath(import.meta.resolve('preact')));
  const parts = new Map(
    await Promise.all([...paths].map(async ([name, path]) => [name, describe(name, await readFile(path))] as const)),
  );
  return { page: describe(PAGE, await readFile(join(FOLDER, PAGE))), parts };
}

function describe(name: string, body: Buffer): Asset {
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { type: String(TYPES[extname(name)]), body, gzipped: gzipSync(body, { level: 9 }), tag };
}

function send({ type, body, gzipped, tag }: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const etag = `"${tag}${isZipped ? '-gzip' : ''}"`;
  reply
    .header('etag', etag)
    .header('vary', 'accept-encoding')
    // Asked for each time, and sent only when it has changed: a new version is there with the next look.
    .header('cache-control', 'no-cache')
    .header('content-security-policy', POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-resource-policy', 'same-origin');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  if (isZipped) reply.header('content-encoding', 'gzip');
  return reply.type(type).send(isZipped ? gzipped : body);
}
