/** Answers with the bytes of a document. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readContent } from '../data/contents.ts';
import type { Db } from '../data/open-database.ts';
import { Problem } from '../problem.ts';

/** Never shown inside the app's own pages: whoever sends a file could else put a script there. */
const AS_FILE = { 'content-security-policy': "default-src 'none'; sandbox", 'x-content-type-options': 'nosniff' };

/** @throws a 404 problem when there is nothing to send */
export async function sendContent(db: Db, id: string, request: FastifyRequest, reply: FastifyReply) {
  const content = await readContent(db, id);
  if (content === undefined) throw new Problem(404, 'There is no such document, or it has no content yet.');
  const { bytes, filename, mediaType, sha256 } = content;
  const etag = `"${sha256}"`;
  reply.headers({
    ...AS_FILE,
    etag,
    'cache-control': 'no-cache',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(filename).replace(/['()*]/g, encodeByte)}`,
  });
  if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    return reply.code(304).send();
  }
  return reply.type(mediaType).header('content-length', bytes.length).send(bytes);
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
