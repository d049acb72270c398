/** What people do, as JSON: `/api/{collection}`. The pages do the same with forms. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Store } from '../data/apply-operations.ts';
import type { KeylessOperation, OperationResult } from '../data/decide-operation.ts';
import { readByIds, searchRecords, showRecord } from '../data/records.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { listActions } from './actions.ts';
import { act, edit } from './edit.ts';

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
    const result = await edit(store, collection, { op: 'create', fields: readFields(request.body) });
    return answerResult(reply, result, 201);
  });

  server.patch<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const fields = readFields(request.body);
    const seen = readSeen(request);
    const operation: KeylessOperation = { op: 'update', id: request.params.id, fields, if_updated_at: seen };
    return answerResult(reply, await edit(store, collection, operation));
  });

  for (const op of ['archive', 'restore'] as const) {
    server.post<OfRecord>(`/:collection/:id/${op}`, async (request, reply) => {
      const collection = requireCollection(request.params.collection);
      return answerResult(reply, await edit(store, collection, { op, id: request.params.id }));
    });
  }

  // Answers with the record to go on with: the invoice that was made of a travel, else the record itself.
  server.post<OfAction>('/:collection/:id/:action', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const action = listActions(collection).find(({ name }) => name === request.params.action);
    if (action === undefined) throw new Problem(404, 'There is nothing at this address.');
    const typed = readFields(request.body ?? {});
    const seen = readSeen(request);
    const acted = await act(store, collection, action, { id: request.params.id, typed, seen });
    if (acted.kind === 'refused') return answerResult(reply, acted.result);
    return reply.send(acted.made.record);
  });
}

function answerResult(reply: FastifyReply, result: OperationResult, status = 200): FastifyReply {
  switch (result.status) {
    case 'ok':
      return reply.code(status).send(result.record);
    case 'invalid':
      throw new Problem(422, 'Some fields are not valid.', { errors: result.errors });
    case 'not_found':
      throw new Problem(404, 'There is no such record.');
    case 'stale':
      throw new Problem(412, 'Somebody else has changed this record meanwhile.');
  }
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
