/** The pages: server-rendered, without a script, usable by keyboard and without styles. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Store } from '../data/apply-operations.ts';
import { COLLECTIONS, type Collection, type Fields } from '../data/collections.ts';
import { readByIds, type StoredRecord, searchRecords } from '../data/records.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { edit } from './api-routes.ts';
import { asFormValue, type FormView, renderFormPage } from './form-page.ts';
import { html } from './html.ts';
import type { Notice } from './layout.ts';
import { recordPath, renderListPage } from './list-page.ts';

const PAGE_SIZE = 25;
const DONE: Readonly<Record<string, string>> = {
  created: 'Created.',
  saved: 'Saved.',
  archived: 'Archived.',
  restored: 'Restored.',
};

/** A mistyped address shows the first page rather than an error. */
const LIST = z.object({
  q: z.string().trim().max(200).catch(''),
  archived: z.literal('1').optional().catch(undefined),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
  done: z.string().optional().catch(undefined),
});
const FORM = z.record(z.string(), z.string());

interface InCollection {
  Params: { collection: string };
}
interface OfRecord {
  Params: { collection: string; id: string };
}

export function registerPageRoutes(server: FastifyInstance, store: Store): void {
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });

  server.get('/style.css', async (_request, reply) => {
    const style = await readFile(new URL('style.css', import.meta.url), 'utf8');
    return reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style);
  });

  server.get('/', (request, reply) => showList(COLLECTIONS[0] as Collection, request.query, reply));
  server.get<InCollection>('/:collection', (request, reply) =>
    showList(requireCollection(request.params.collection), request.query, reply),
  );

  server.get<InCollection>('/:collection/new', (request, reply) => {
    const collection = requireCollection(request.params.collection);
    return sendForm(reply, collection, { record: null, values: {}, errors: [], stale: false });
  });

  server.post<InCollection>('/:collection', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const values = readForm(collection, request.body);
    const result = await edit(store, collection, { op: 'create', fields: pickFields(collection, values, null) });
    if (result.status === 'ok') {
      return reply.redirect(`${recordPath(collection, result.record.id)}?done=created`, 303);
    }
    const errors = result.status === 'invalid' ? result.errors : [];
    return sendForm(reply.code(422), collection, { record: null, values, errors, stale: false });
  });

  server.get<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const record = await requireRecord(collection, request.params.id);
    const values = Object.fromEntries(
      Object.entries(collection.fields).map(([name, field]) => [name, asFormValue(field, record.fields[name])]),
    );
    return sendForm(reply, collection, { record, values, errors: [], stale: false }, request.query);
  });

  server.post<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const before = await requireRecord(collection, request.params.id);
    const values = readForm(collection, request.body);
    const result = await edit(store, collection, {
      op: 'update',
      id: before.id,
      fields: pickFields(collection, values, before),
      if_updated_at: values.if_updated_at ?? null,
    });
    if (result.status === 'ok') return reply.redirect(`${recordPath(collection, before.id)}?done=saved`, 303);
    const stale = result.status === 'stale';
    const record = stale ? await requireRecord(collection, before.id) : before;
    const errors = result.status === 'invalid' ? result.errors : [];
    return sendForm(reply.code(stale ? 409 : 422), collection, { record, values, errors, stale });
  });

  for (const op of ['archive', 'restore'] as const) {
    server.post<OfRecord>(`/:collection/:id/${op}`, async (request, reply) => {
      const collection = requireCollection(request.params.collection);
      const result = await edit(store, collection, { op, id: request.params.id });
      if (result.status !== 'ok') throw new Problem(404, 'There is no such record.');
      return reply.redirect(`/${collection.name}?done=${op}d`, 303);
    });
  }

  async function showList(collection: Collection, input: unknown, reply: FastifyReply): Promise<FastifyReply> {
    const query = LIST.parse(input);
    const archived = query.archived === '1';
    const offset = (query.page - 1) * PAGE_SIZE;
    const found = await searchRecords(store.db, collection, { text: query.q, archived, limit: PAGE_SIZE, offset });
    const view = { ...found, text: query.q, archived, page: query.page, pageSize: PAGE_SIZE };
    return sendPage(reply, renderListPage(collection, view, readNotice(query)));
  }

  async function requireRecord(collection: Collection, id: string): Promise<StoredRecord> {
    const [record] = await readByIds(store.db, collection, [id]);
    if (record === undefined) throw new Problem(404, 'There is no such record.');
    return record;
  }
}

/** Only what the person has changed: a form gives back every field, and spells some in the browser's way. */
function pickFields(
  collection: Collection,
  values: Readonly<Record<string, string>>,
  before: StoredRecord | null,
): Fields {
  const picked: Record<string, string> = {};
  for (const [name, field] of Object.entries(collection.fields)) {
    const value = values[name];
    if (value !== undefined && value !== asFormValue(field, before?.fields[name])) picked[name] = value;
  }
  return picked;
}

function readForm(collection: Collection, body: unknown): Record<string, string> {
  const form = FORM.safeParse(body);
  if (!form.success) throw new Problem(400, 'The form cannot be read.');
  const values = Object.entries(form.data).map(([name, value]) => {
    const field = collection.fields[name];
    return [name, field === undefined ? value : asFormValue(field, value)];
  });
  return Object.fromEntries(values);
}

function readNotice(query: unknown): Notice | null {
  const done = LIST.parse(query).done ?? '';
  const text = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  return text === undefined ? null : { tone: 'good', content: html`<p>${text}</p>` };
}

function sendForm(reply: FastifyReply, collection: Collection, view: FormView, query: unknown = {}): FastifyReply {
  return sendPage(reply, renderFormPage(collection, view, readNotice(query)));
}

/** The policy allows this app's own style sheet and forms, and no script at all. */
function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .headers({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    .send(page);
}
