/**
 * Odoo's generic calls, typed: what endpoints (`endpoints/`) are made of. Usable alone, see docs/odoo-client.md.
 */
import { z } from 'zod';
import { pageSize } from './odoo-records.ts';
import { parseAnswer } from './parse-answer.ts';
import type { OdooTransport, RpcValue } from './transport.ts';
import { writeContext } from './write-context.ts';

/** Values to store, by Odoo's field names; null empties a field. */
export type OdooChanges = Readonly<Record<string, RpcValue>>;
/** Odoo's search condition: `[['email', '=', 'a@b.c'], …]`; empty for all. */
export type Domain = readonly RpcValue[];

export interface SearchOptions {
  /** Archived records too; Odoo by itself hides them. */
  readonly archived?: boolean;
}

export interface WriteOptions {
  /** No trace in Odoo's history and no mails: for bulk imports. */
  readonly quiet?: boolean;
}

export interface LoadResult {
  /** In the order of the rows; null when a row was refused: then none was stored. */
  readonly ids: readonly number[] | null;
  readonly messages: readonly {
    readonly type: string;
    /** Odoo's words, which may quote the row. */
    readonly message: string;
    /** Index of the row. */
    readonly record?: number | undefined;
  }[];
}

type Row<Shape extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Shape>> & { readonly id: number };

/** All of them throw what the transport throws, and SetupError `unexpected_answer`. */
export interface OdooClient {
  readonly transport: OdooTransport;
  /** Ids in ascending order, in one call. */
  search(
    model: string,
    domain: Domain,
    options?: SearchOptions & { readonly limit?: number },
  ): Promise<readonly number[]>;
  count(model: string, domain: Domain, options?: SearchOptions): Promise<number>;
  /**
   * All records found, in the order of their ids, fetched page by page (1,000 over JSON-2, 200 over XML-RPC).
   * @param row names the fields to read and their types, as raw values: many2one as bare id, empty as false
   */
  searchRead<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    domain: Domain,
    options?: SearchOptions,
  ): Promise<readonly Row<Shape>[]>;
  /** The same for known ids, archived ones too; those that do not exist or may not be seen are left out. */
  read<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    ids: readonly number[],
  ): Promise<readonly Row<Shape>[]>;
  /** One transaction: all or none. Ids in the order of the values. */
  create(model: string, values: readonly OdooChanges[], options?: WriteOptions): Promise<readonly number[]>;
  /** The same values for all of the records, in one transaction. */
  write(model: string, ids: readonly number[], values: OdooChanges, options?: WriteOptions): Promise<void>;
  /** Hides the records from lists and searches; nothing is deleted. */
  archive(model: string, ids: readonly number[], options?: WriteOptions): Promise<void>;
  restore(model: string, ids: readonly number[], options?: WriteOptions): Promise<void>;
  /** Odoo's import: creates or, where the external id in column `id` is known, updates. Cells are text. */
  load(
    model: string,
    fields: readonly string[],
    rows: readonly (readonly string[])[],
    options?: WriteOptions,
  ): Promise<LoadResult>;
}

const idsAnswer = z.array(z.int());
const loadAnswer = z.object({
  ids: z.union([idsAnswer, z.literal(false).transform(() => null)]),
  messages: z.array(z.looseObject({ type: z.string(), message: z.string(), record: z.int().optional() })),
});

export function createOdooClient(transport: OdooTransport): OdooClient {
  const page = pageSize(transport);

  async function ask<Schema extends z.ZodType>(
    schema: Schema,
    model: string,
    method: string,
    args: Readonly<Record<string, RpcValue>>,
    context: Readonly<Record<string, RpcValue>>,
  ): Promise<z.output<Schema>> {
    return parseAnswer(schema, await transport.call({ model, method, args, context }), model);
  }

  async function readPage<Shape extends z.core.$ZodLooseShape>(
    model: string,
    row: z.ZodObject<Shape>,
    domain: Domain,
    options?: SearchOptions,
  ): Promise<readonly Row<Shape>[]> {
    const withId = row.extend({ id: z.int() });
    const args = { domain, fields: Object.keys(withId.shape), order: 'id', limit: page, load: '' };
    const rows = await ask(z.array(withId), model, 'search_read', args, searchContext(options));
    return rows as unknown as readonly Row<Shape>[];
  }

  async function write(model: string, ids: readonly number[], values: OdooChanges, options?: WriteOptions) {
    const args = { vals: emptyAsFalse(values) };
    await transport.call({ model, method: 'write', ids, args, context: writeContext(options?.quiet ?? false) });
  }

  return {
    transport,
    search(model, domain, { limit, ...options } = {}) {
      const args = { domain, order: 'id', ...(limit !== undefined && { limit }) };
      return ask(idsAnswer, model, 'search', args, searchContext(options));
    },
    count: (model, domain, options) => ask(z.int(), model, 'search_count', { domain }, searchContext(options)),
    async searchRead(model, row, domain, options) {
      const rows: Row<typeof row.shape>[] = [];
      for (;;) {
        // By id, not by offset: a record that comes or goes meanwhile cannot shift the pages.
        const found = await readPage(model, row, [...domain, ['id', '>', rows.at(-1)?.id ?? 0]], options);
        rows.push(...found);
        if (found.length < page) return rows;
      }
    },
    async read(model, row, ids) {
      const rows: Row<typeof row.shape>[] = [];
      for (let start = 0; start < ids.length; start += page) {
        rows.push(...(await readPage(model, row, [['id', 'in', ids.slice(start, start + page)]], { archived: true })));
      }
      return rows;
    },
    create(model, values, options) {
      const answer = idsAnswer.length(values.length);
      const args = { vals_list: values.map(emptyAsFalse) };
      return ask(answer, model, 'create', args, writeContext(options?.quiet ?? false));
    },
    write,
    archive: (model, ids, options) => write(model, ids, { active: false }, options),
    restore: (model, ids, options) => write(model, ids, { active: true }, options),
    load: (model, fields, data, options) =>
      ask(loadAnswer, model, 'load', { fields, data }, writeContext(options?.quiet ?? false)),
  };
}

function searchContext(options: SearchOptions = {}): Readonly<Record<string, RpcValue>> {
  return options.archived ? { active_test: false } : {};
}

/** Odoo spells an empty value `false`, for whatever type of field; some types do not take null. */
function emptyAsFalse(values: OdooChanges): OdooChanges {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, value === null ? false : value]));
}
