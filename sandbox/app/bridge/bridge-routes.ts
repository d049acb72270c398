/** What the bridge may ask of the app: `/bridge/{collection}`. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { applyOperations, type Store } from '../data/apply-operations.ts';
import type { Collection } from '../data/collection.ts';
import { type OperationResult, parseOperation } from '../data/decide-operation.ts';
import { type Cursor, decodeCursor, readByEmail, readByIds, readPage, showRecord } from '../data/records.ts';
import { sendContent } from '../documents/send-content.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { requireToken } from './require-token.ts';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;
const MAX_IDS = 200;
const MAX_OPERATIONS = 200;

const QUERY = z.object({
  ids: z
    .string()
    .transform((text) => text.split(',').filter((id) => id !== ''))
    .refine((ids) => ids.length <= MAX_IDS, `must be at most ${MAX_IDS}`)
    .optional(),
  email: z.string().optional(),
  // Digits beyond the microsecond are cut off: rounded up, they would leave out a record.
  updated_since: z.iso
    .datetime({ offset: true, error: 'must be an RFC 3339 time' })
    .transform((time) => time.replace(/(\.\d{6})\d+/, '$1'))
    .optional(),
  cursor: z
    .string()
    .transform((text, issue): Cursor => {
      const cursor = decodeCursor(text);
      if (cursor !== undefined) return cursor;
      issue.addIssue('is not a cursor of this app');
      return z.NEVER;
    })
    .optional(),
  limit: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .transform((limit) => Math.min(limit, MAX_PAGE))
    .default(DEFAULT_PAGE),
});

const BATCH = z.object({
  operations: z.array(z.unknown(), 'must be a list').max(MAX_OPERATIONS, `must be at most ${MAX_OPERATIONS}`),
});

interface Params {
  Params: { collection: string };
}

export function registerBridgeRoutes(server: FastifyInstance, options: { store: Store; apiToken: string }): void {
  const { store } = options;
  server.addHook('onRequest', requireToken(options.apiToken));

  server.get<{ Params: { id: string } }>('/documents/:id/content', (request, reply) =>
    sendContent(store.db, request.params.id, request, reply),
  );

  server.get<Params>('/:collection', async (request) => {
    const collection = requireCollection(request.params.collection);
    const query = read(QUERY, request.query);
    if (query.ids !== undefined) {
      const records = await readByIds(store.db, collection, query.ids);
      return { data: records.map((record) => showRecord(collection, record)) };
    }
    if (query.email !== undefined) {
      if (!collection.hasEmail) throw new Problem(400, 'Records of this collection have no e-mail address.');
      const records = await readByEmail(store.db, collection, query.email);
      return { data: records.map((record) => showRecord(collection, record)) };
    }
    const page = await readPage(store.db, collection, {
      updatedSince: query.updated_since,
      cursor: query.cursor,
      limit: query.limit,
    });
    return {
      data: page.records.map((record) => showRecord(collection, record)),
      next_cursor: page.nextCursor,
      server_time: page.serverTime,
    };
  });

  server.post<Params>('/:collection/batch', async (request) => {
    const collection = requireCollection(request.params.collection);
    const { operations } = read(BATCH, request.body);
    return { results: await applyBatch(store, collection, operations) };
  });
}

/** Malformed operations are answered in their place; the others are carried out. */
async function applyBatch(
  store: Store,
  collection: Collection,
  inputs: readonly unknown[],
): Promise<readonly OperationResult[]> {
  const parsed = inputs.map(parseOperation);
  const operations = parsed.flatMap((one) => (one.kind === 'operation' ? [one.operation] : []));
  const results = [...(await applyOperations(store, collection, operations, 'bridge'))];
  return parsed.map((one) =>
    one.kind === 'operation' ? (results.shift() as OperationResult) : { status: 'invalid', errors: one.errors },
  );
}

function read<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }));
  throw new Problem(400, 'The request cannot be read.', { errors });
}
