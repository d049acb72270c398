/** What people do, as JSON: `/api/{collection}`. The pages do the same with forms. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DOCUMENTS } from '../collections/documents.ts';
import type { Store } from '../data/apply-operations.ts';
import { MAX_CONTENT_BYTES } from '../data/contents.ts';
import { type AppRecord, readByIds, searchRecords, showRecord } from '../data/records.ts';
import { sendContent } from '../documents/send-content.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { asProblem, requireAction } from './answers.ts';
import { act, type Done, edit, upload } from './edit.ts';

const FIELDS = z.record(z.string(), z.unknown());
const LIST = z.object({
  q: z.string().trim().default(''),
  archived: z.enum(['0', '1']).default('0'),
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  per_page: z.coerce.number().int().min(1).max(200).default(25),
});

interface InCollection {
  Params: { collection: string };
}
interface OfRecord {
  Params: { collection: string; id: string };
}
interface OfContent {
  Params: { id: string };
}
interface OfAction {
  Params: { collection: string; id: string; action: string };
}

export function registerApiRoutes(server: FastifyInstance, store: Store): void {
  server.get<InCollection>('/:collection', async (request) => {
    const collection = requireCollection(request.params.collection);
    const query = LIST.safeParse(request.query);
    if (!query.success) throw new Problem(400, 'The request cannot be read.');
    const { q: text, archived, page, per_page: limit } = query.data;
    const offset = (page - 1) * limit;
    const found = await searchRecords(store.db, collection, { text, archived: archived === '1', limit, offset });
    return { data: found.records.map((record) => showRecord(collection, record)), total: found.total };
  });

  server.get<OfRecord>('/:collection/:id', async (request) => {
    const collection = requireCollection(request.params.collection);
    const [record] = await readByIds(store.db, collection, [request.params.id]);
    if (record === undefined) throw new Problem(404, 'There is no such record.');
    return showRecord(collection, record);
  });

  server.post<InCollection>('/:collection', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const done = await edit(store, collection, { op: 'create', fields: readFields(request.body) });
    return reply.code(201).send(takeRecord(done));
  });

  server.patch<OfRecord>('/:collection/:id', async (request) => {
    const collection = requireCollection(request.params.collection);
    const fields = readFields(request.body);
    const seen = readSeen(request);
    const { id } = request.params;
    return takeRecord(await edit(store, collection, { op: 'update', id, fields, if_updated_at: seen }));
  });

  for (const op of ['archive', 'restore'] as const) {
    server.post<OfRecord>(`/:collection/:id/${op}`, async (request) => {
      const collection = requireCollection(request.params.collection);
      return takeRecord(await edit(store, collection, { op, id: request.params.id }));
    });
  }

  // Answers with the record to go on with: the invoice that was made of a travel, else the record itself.
  server.post<OfAction>('/:collection/:id/:action', async (request) => {
    const { collection, action } = requireAction(request.params);
    const typed = readFields(request.body ?? {});
    const seen = readSeen(request);
    return takeRecord(await act(store, collection, action, { id: request.params.id, typed, seen }));
  });

  server.register((contents, _options, done) => {
    registerContentRoutes(contents, store);
    done();
  });
}

/** The bytes of a document, raw, whatever their type. */
function registerContentRoutes(server: FastifyInstance, store: Store): void {
  server.removeAllContentTypeParsers();
  const raw = { parseAs: 'buffer', bodyLimit: MAX_CONTENT_BYTES } as const;
  server.addContentTypeParser('*', raw, (_request, body, done) => done(null, body));

  server.put<OfContent>('/documents/:id/content', async (request) => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const given = { bytes, mediaType: request.headers['content-type'] ?? null };
    return takeRecord(await upload(store, DOCUMENTS, request.params.id, given, readSeen(request)));
  });

  server.get<OfContent>('/documents/:id/content', (request, reply) =>
    sendContent(store.db, request.params.id, request, reply),
  );
}

function takeRecord(done: Done): AppRecord {
  if (done.kind === 'refused') throw asProblem(done.result);
  return done.record;
}

/** As a person without the page would send it: only what was seen may be changed. */
function readSeen(request: FastifyRequest): string | null {
  return request.headers['if-match']?.replaceAll('"', '') ?? null;
}

function readFields(body: unknown): Record<string, unknown> {
  const fields = FIELDS.safeParse(body);
  if (!fields.success) throw new Problem(400, 'The body must be a JSON object of fields.');
  return fields.data;
}
