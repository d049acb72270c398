/**
 * The few generic calls that typed endpoints are made of. Usable alone:
 *
 *     const { transport } = await connectOdoo({ url, database, username, apiKey, transport: 'auto' });
 *     const odoo = odooClient(transport);
 *     const ids = await createCustomer(odoo, { name: 'Ada Lovelace', email: 'ada@example.com' });
 */
import { z } from 'zod';
import { SetupError } from '../../errors.ts';
import type { OdooTransport, RpcValue } from './transport.ts';
import { writeContext } from './write-context.ts';

/** Values to store, by Odoo's field names; null empties a field. */
export type OdooChanges = Readonly<Record<string, RpcValue>>;
/** Odoo's search condition: `[['email', '=', 'a@b.c'], …]`. */
export type Domain = readonly RpcValue[];

export interface WriteOptions {
  /** No trace in Odoo's history and no mails: for bulk imports. */
  readonly quiet?: boolean;
}

export interface LoadResult {
  /** Null when a row was refused: then none was stored. */
  readonly ids: readonly number[] | null;
  readonly messages: readonly {
    readonly type: string;
    readonly message: string;
    readonly record?: number | undefined;
  }[];
}

/** All of them throw what the transport throws, and SetupError `unexpected_answer`. */
export interface OdooClient {
  readonly transport: OdooTransport;
  /** Ids in ascending order, archived records included. */
  search(model: string, domain: Domain, options?: { readonly limit?: number }): Promise<readonly number[]>;
  /**
   * All records found, in the order of their ids, archived ones included, fetched page by page.
   * @param row names the fields to read and their types, as raw values: many2one as bare id, empty as false
   */
  searchRead<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    domain: Domain,
  ): Promise<readonly Row<Shape>[]>;
  /** Like `searchRead`; ids that do not exist or may not be seen are left out. */
  read<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    ids: readonly number[],
  ): Promise<readonly Row<Shape>[]>;
  /** One transaction: all or none. Ids in the order of the values. */
  create(model: string, values: readonly OdooChanges[], options?: WriteOptions): Promise<readonly number[]>;
  /** The same values for all of the records, in one transaction. */
  write(model: string, ids: readonly number[], values: OdooChanges, options?: WriteOptions): Promise<void>;
  /** Odoo's import: creates or, where the external id in column `id` is known, updates. Cells are text. */
  load(
    model: string,
    fields: readonly string[],
    rows: readonly (readonly string[])[],
    options?: WriteOptions,
  ): Promise<LoadResult>;
}

type Row<Shape extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Shape>> & { readonly id: number };

/** XML-RPC parses on the main thread, 190 µs a record: smaller pages let others in between. */
const PAGE = { json2: 1_000, xmlrpc: 100 };
const ARCHIVED_TOO = { active_test: false };

const idsAnswer = z.array(z.int());
const loadAnswer = z.object({
  ids: z.union([idsAnswer, z.literal(false).transform(() => null)]),
  messages: z.array(z.looseObject({ type: z.string(), message: z.string(), record: z.int().optional() })),
});

export function odooClient(transport: OdooTransport): OdooClient {
  const page = PAGE[transport.kind];

  async function searchRead<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    domain: Domain,
  ): Promise<readonly Row<Shape>[]> {
    const withId = row.extend({ id: z.int() });
    const fields = Object.keys(withId.shape);
    const rows: Row<Shape>[] = [];
    for (;;) {
      // By id, not by offset: a record that comes or goes meanwhile cannot shift the pages.
      const after = rows.at(-1)?.id ?? 0;
      const args = { domain: [...domain, ['id', '>', after]], fields, order: 'id', limit: page, load: '' };
      const answer = await transport.call({ model, method: 'search_read', args, context: ARCHIVED_TOO });
      const found = parseAnswer(z.array(withId), answer, model) as unknown as Row<Shape>[];
      rows.push(...found);
      if (found.length < page) return rows;
    }
  }

  return {
    transport,
    searchRead,
    async search(model, domain, { limit } = {}) {
      const args = { domain, order: 'id', ...(limit !== undefined && { limit }) };
      return parseAnswer(
        idsAnswer,
        await transport.call({ model, method: 'search', args, context: ARCHIVED_TOO }),
        model,
      );
    },
    async read(model, row, ids) {
      const rows: Row<typeof row.shape>[] = [];
      for (let start = 0; start < ids.length; start += page) {
        rows.push(...(await searchRead(model, row, [['id', 'in', ids.slice(start, start + page)]])));
      }
      return rows;
    },
    async create(model, values, { quiet = false } = {}) {
      const call = { model, method: 'create', args: { vals_list: values.map(emptyAsFalse) } };
      const answer = await transport.call({ ...call, context: writeContext(quiet) });
      return parseAnswer(idsAnswer.length(values.length), answer, model);
    },
    async write(model, ids, values, { quiet = false } = {}) {
      const call = { model, method: 'write', ids, args: { vals: emptyAsFalse(values) } };
      await transport.call({ ...call, context: writeContext(quiet) });
    },
    async load(model, fields, data, { quiet = false } = {}) {
      const call = { model, method: 'load', args: { fields, data } };
      return parseAnswer(loadAnswer, await transport.call({ ...call, context: writeContext(quiet) }), model);
    },
  };
}

/** Odoo spells an empty value `false`, for whatever type of field; some types do not take null. */
function emptyAsFalse(values: OdooChanges): OdooChanges {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, value === null ? false : value]));
}

/** Without the values: they may be personal. */
function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown, model: string): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.findLast((step) => typeof step === 'string');
  throw new SetupError({
    code: 'unexpected_answer',
    message: `Odoo answers otherwise than expected (${model}${field === undefined ? '' : `, field ${field}`}).`,
    remedy:
      'Check that the version of Odoo is one that the bridge supports (README), and whether a module changes the field.',
  });
}
