/** The pages: server-rendered, without a script, usable by keyboard and without styles. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Store } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import { COLLECTIONS } from '../data/collections.ts';
import type { Field } from '../data/fields.ts';
import { readByIds, type StoredRecord, searchRecords } from '../data/records.ts';
import { type Offer, readNames, readOffers, readRelated } from '../data/relations.ts';
import { sendContent } from '../documents/send-content.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { asProblem, requireAction } from './answers.ts';
import { act, type Done, edit } from './edit.ts';
import { addFormParsers, readFormBody } from './form-body.ts';
import { type FormView, renderFormPage } from './form-page.ts';
import { type FormValues, normalizeForm, pickFields, toFormValues } from './form-values.ts';
import { html } from './html.ts';
import type { Notice } from './layout.ts';
import { renderListPage } from './list-page.ts';
import { recordPath } from './record-path.ts';

const PAGE_SIZE = 25;
const MAX_OFFERS = 300;
const DONE: Readonly<Record<string, string>> = {
  created: 'Created.',
  saved: 'Saved.',
  acted: 'Done.',
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

interface InCollection {
  Params: { collection: string };
}
interface OfRecord {
  Params: { collection: string; id: string };
}
interface OfAction {
  Params: { collection: string; id: string; action: string };
}
/** A form that was sent; of a new record when there is none yet. */
interface Sent {
  readonly collection: Collection;
  readonly record: StoredRecord | null;
  readonly values: FormValues;
}

export function registerPageRoutes(server: FastifyInstance, store: Store): void {
  addFormParsers(server);

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
    const initial = Object.fromEntries(Object.entries(collection.fields).map(([name, field]) => [name, field.initial]));
    return sendForm(reply, collection, { record: null, values: toFormValues(collection, initial) });
  });

  server.post<InCollection>('/:collection', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const { texts, values, file } = await readForm(collection, request.body);
    const fields = { ...(file !== null && { filename: file.name }), ...pickFields(collection, texts, {}) };
    const done = await edit(store, collection, { op: 'create', fields }, file);
    return sendDone(reply, done, 'created', { collection, record: null, values });
  });

  server.get<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const record = await requireRecord(collection, request.params.id);
    const values = toFormValues(collection, record.fields);
    return sendForm(reply, collection, { record, values }, request.query);
  });

  server.post<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const record = await requireRecord(collection, request.params.id);
    const { texts, values, file } = await readForm(collection, request.body);
    const fields = pickFields(collection, texts, record.fields);
    const seen = values.if_updated_at ?? null;
    const done = await edit(store, collection, { op: 'update', id: record.id, fields, if_updated_at: seen }, file);
    return sendDone(reply, done, 'saved', { collection, record, values });
  });

  server.get<{ Params: { id: string } }>('/documents/:id/content', (request, reply) =>
    sendContent(store.db, request.params.id, request, reply),
  );

  for (const op of ['archive', 'restore'] as const) {
    server.post<OfRecord>(`/:collection/:id/${op}`, async (request, reply) => {
      const collection = requireCollection(request.params.collection);
      const done = await edit(store, collection, { op, id: request.params.id });
      if (done.kind === 'refused') throw asProblem(done.result);
      return reply.redirect(`/${collection.name}?done=${op}d`, 303);
    });
  }

  server.post<OfAction>('/:collection/:id/:action', async (request, reply) => {
    const { collection, action } = requireAction(request.params);
    const record = await requireRecord(collection, request.params.id);
    const { texts, values } = await readForm(collection, request.body);
    const typed = pickFields(collection, texts, record.fields);
    const seen = values.if_updated_at ?? null;
    const done = await act(store, collection, action, { id: record.id, typed, seen });
    return sendDone(reply, done, 'acted', { collection, record, values });
  });

  async function showList(collection: Collection, input: unknown, reply: FastifyReply): Promise<FastifyReply> {
    const query = LIST.parse(input);
    const archived = query.archived === '1';
    const offset = (query.page - 1) * PAGE_SIZE;
    const found = await searchRecords(store.db, collection, { text: query.q, archived, limit: PAGE_SIZE, offset });
    const names = await readNames(
      store.db,
      found.records.flatMap((record) => referencesOf(collection, record.fields)),
    );
    const view = { ...found, text: query.q, archived, page: query.page, pageSize: PAGE_SIZE, names };
    return sendPage(reply, renderListPage(collection, view, readNotice(query)));
  }

  /** Goes on to the record, or shows the form again with what kept it from being saved. */
  async function sendDone(reply: FastifyReply, done: Done, word: string, form: Sent): Promise<FastifyReply> {
    if (done.kind === 'done') {
      return reply.redirect(`${recordPath(done.collection, done.record.id)}?done=${word}`, 303);
    }
    const { collection, record: before, values } = form;
    const stale = done.result.status === 'stale';
    const record = stale && before ? await requireRecord(collection, before.id) : before;
    const errors = done.result.status === 'invalid' ? done.result.errors : [];
    return sendForm(reply.code(stale ? 409 : 422), collection, { record, values, errors, stale });
  }

  async function sendForm(
    reply: FastifyReply,
    collection: Collection,
    view: Pick<FormView, 'record' | 'values'> & Partial<FormView>,
    query: unknown = {},
  ): Promise<FastifyReply> {
    const entities = new Set(Object.values(collection.fields).flatMap(suggestedBy));
    const offers: Offer[] = [];
    for (const entity of entities) offers.push(...(await readOffers(store.db, entity, MAX_OFFERS)));
    const names = await readNames(store.db, view.record ? referencesOf(collection, view.record.fields) : []);
    const { entity } = collection;
    const related = view.record ? await readRelated(store.db, { entity, id: view.record.id }) : [];
    const whole = { errors: [], stale: false, ...view, offers, names, related };
    return sendPage(reply, renderFormPage(collection, whole, readNotice(query)));
  }

  async function requireRecord(collection: Collection, id: string): Promise<StoredRecord> {
    const [record] = await readByIds(store.db, collection, [id]);
    if (record === undefined) throw new Problem(404, 'There is no such record.');
    return record;
  }
}

function referencesOf(collection: Collection, fields: Fields) {
  return Object.entries(collection.fields).flatMap(([name, field]) =>
    fields[name] == null ? [] : (field.references?.(fields[name]) ?? []),
  );
}

function suggestedBy({ input }: Field): readonly string[] {
  if (input.kind === 'rows') return Object.values(input.columns).flatMap(suggestedBy);
  return input.kind === 'line' ? (input.suggest ?? []) : [];
}

async function readForm(collection: Collection, body: unknown) {
  const { texts, file } = await readFormBody(body);
  // What is shown again has no blank rows; that all of them are blank is a change all the same.
  return { texts, values: normalizeForm(collection, texts), file: collection.hasContent ? file : null };
}

function readNotice(query: unknown): Notice | null {
  const done = LIST.parse(query).done ?? '';
  const text = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  return text === undefined ? null : { tone: 'good', content: html`<p>${text}</p>` };
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
