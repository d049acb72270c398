/** The pages: server-rendered, without a script, usable by keyboard and without styles. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Store } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import { COLLECTIONS } from '../data/collections.ts';
import type { OperationResult } from '../data/decide-operation.ts';
import type { Field } from '../data/fields.ts';
import { readByIds, type StoredRecord, searchRecords } from '../data/records.ts';
import { type Offer, readNames, readOffers } from '../data/relations.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { listActions } from './actions.ts';
import { act, edit } from './edit.ts';
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
    const initial = Object.fromEntries(Object.entries(collection.fields).map(([name, field]) => [name, field.initial]));
    return sendForm(reply, collection, { record: null, values: toFormValues(collection, initial) });
  });

  server.post<InCollection>('/:collection', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const values = readForm(collection, request.body);
    const result = await edit(store, collection, { op: 'create', fields: pickFields(collection, values, {}) });
    if (result.status === 'ok') {
      return reply.redirect(`${recordPath(collection, result.record.id)}?done=created`, 303);
    }
    return sendResult(reply, collection, null, values, result);
  });

  server.get<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const record = await requireRecord(collection, request.params.id);
    const values = toFormValues(collection, record.fields);
    return sendForm(reply, collection, { record, values }, request.query);
  });

  server.post<OfRecord>('/:collection/:id', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const before = await requireRecord(collection, request.params.id);
    const values = readForm(collection, request.body);
    const result = await edit(store, collection, {
      op: 'update',
      id: before.id,
      fields: pickFields(collection, values, before.fields),
      if_updated_at: values.if_updated_at ?? null,
    });
    if (result.status === 'ok') return reply.redirect(`${recordPath(collection, before.id)}?done=saved`, 303);
    return sendResult(reply, collection, before, values, result);
  });

  for (const op of ['archive', 'restore'] as const) {
    server.post<OfRecord>(`/:collection/:id/${op}`, async (request, reply) => {
      const collection = requireCollection(request.params.collection);
      const result = await edit(store, collection, { op, id: request.params.id });
      if (result.status === 'invalid') throw new Problem(422, 'This cannot be done.', { errors: result.errors });
      if (result.status !== 'ok') throw new Problem(404, 'There is no such record.');
      return reply.redirect(`/${collection.name}?done=${op}d`, 303);
    });
  }

  server.post<OfRecord & { Params: { action: string } }>('/:collection/:id/:action', async (request, reply) => {
    const collection = requireCollection(request.params.collection);
    const action = listActions(collection).find(({ name }) => name === request.params.action);
    if (action === undefined) throw new Problem(404, 'There is nothing at this address.');
    const before = await requireRecord(collection, request.params.id);
    const values = readForm(collection, request.body);
    const typed = pickFields(collection, values, before.fields);
    const acted = await act(store, collection, action, { id: before.id, typed, seen: values.if_updated_at ?? null });
    if (acted.kind === 'refused') return sendResult(reply, collection, before, values, acted.result);
    const { made } = acted;
    return reply.redirect(`${recordPath(made.collection, made.record.id)}?done=acted`, 303);
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

  /** Shows the form again, with what kept it from being saved. */
  async function sendResult(
    reply: FastifyReply,
    collection: Collection,
    before: StoredRecord | null,
    values: FormValues,
    result: OperationResult,
  ): Promise<FastifyReply> {
    const stale = result.status === 'stale';
    const record = stale && before ? await requireRecord(collection, before.id) : before;
    const errors = result.status === 'invalid' ? result.errors : [];
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
    const whole = { errors: [], stale: false, ...view, offers, names };
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

function readForm(collection: Collection, body: unknown): FormValues {
  const form = FORM.safeParse(body ?? {});
  if (!form.success) throw new Problem(400, 'The form cannot be read.');
  return normalizeForm(collection, form.data);
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
