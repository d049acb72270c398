/** People at both sides, who know nothing of the bridge. */
import { z } from 'zod';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import type { OdooTransport, RpcValue } from '../../src/backends/odoo/transport.ts';
import { waitUntil } from './wait-until.ts';

/** Where an Odoo is, and who may use it. */
export interface OdooAddress {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly apiKey: string;
}

export type Fields = Record<string, unknown>;
export type AppPerson = ReturnType<typeof appPerson>;
export type OdooPerson = ReturnType<typeof odooPerson>;
/** As `odooPerson` reads it. */
export type Partner = Fields & { readonly id: number };

const pathOf = (collection: string, id: string) => `${collection}/${encodeURIComponent(id)}`;

/** Somebody at the app's pages. */
export function appPerson(url: string) {
  async function ask(
    method: string,
    path: string,
    mediaType?: string,
    body?: string | Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    const headers = mediaType === undefined ? {} : { 'content-type': mediaType };
    const response = await fetch(`${url}/api/${path}`, { method, headers, ...(body !== undefined && { body }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
  async function send(method: string, path: string, body?: Fields): Promise<Fields> {
    const answer = await (body ? ask(method, path, 'application/json', JSON.stringify(body)) : ask(method, path));
    return (await answer.json()) as Fields;
  }
  return {
    create: async (collection: string, fields: Fields) => String((await send('POST', collection, fields)).id),
    edit: (collection: string, id: string, fields: Fields) => send('PATCH', pathOf(collection, id), fields),
    look: (collection: string, id: string) => send('GET', pathOf(collection, id)),
    archive: (collection: string, id: string) => send('POST', `${pathOf(collection, id)}/archive`),
    restore: (collection: string, id: string) => send('POST', `${pathOf(collection, id)}/restore`),
    /** Presses a button such as `validate-quote`. @returns the record to go on with */
    act: (collection: string, id: string, action: string, fields: Fields = {}) =>
      send('POST', `${pathOf(collection, id)}/${action}`, fields),
    /** Sends the bytes of a document. */
    upload: async (id: string, bytes: Uint8Array<ArrayBuffer>, mediaType: string) =>
      (await (await ask('PUT', `${pathOf('documents', id)}/content`, mediaType, bytes)).json()) as Fields,
    download: async (id: string) =>
      Buffer.from(await (await ask('GET', `${pathOf('documents', id)}/content`)).arrayBuffer()),
    /** All records, archived ones too. */
    all: async (collection: string) => {
      const records: Fields[] = [];
      for (const archived of [0, 1]) {
        let [page, total] = [0, 1];
        for (let seen = 0; seen < total; ) {
          page += 1;
          const answer = await send('GET', `${collection}?per_page=200&page=${page}&archived=${archived}`);
          const rows = answer.data as Fields[];
          records.push(...rows);
          seen += rows.length;
          total = rows.length === 0 ? 0 : Number(answer.total);
        }
      }
      return records;
    },
    /** Those of exactly this name, title, number, file name or subject. */
    find: async (collection: string, name: string) =>
      ((await send('GET', `${collection}?q=${encodeURIComponent(name)}&per_page=100`)).data as Fields[]).filter((row) =>
        [row.name, row.title, row.number, row.filename, row.subject].includes(name),
      ),
  };
}

const SHOWN = [
  'name',
  'email',
  'phone',
  'street',
  'street2',
  'zip',
  'city',
  'country_id',
  'vat',
  'lang',
  'comment',
  'active',
].concat('type', 'is_company', 'parent_id', 'category_id', 'customer_rank', 'supplier_rank', 'write_date');

/** Somebody at Odoo's screens: an administrator's own calls, not the bridge's. */
export function odooPerson(address: OdooAddress, transport: OdooTransport = createJson2Transport(address)) {
  const context = { active_test: false };
  const call = (model: string, method: string, args: Record<string, RpcValue>, ids?: number[]) =>
    transport.call({ model, method, args, context, ...(ids && { ids }) });
  /** The same from within a list or a dialog, which tells what it was opened on. */
  const callIn = (
    around: Record<string, RpcValue>,
    model: string,
    method: string,
    args: Record<string, RpcValue>,
    ids?: number[],
  ) => transport.call({ model, method, args, context: { ...context, ...around }, ...(ids && { ids }) });
  async function search(domain: RpcValue): Promise<Partner[]> {
    const args = { domain, fields: SHOWN, load: '', order: 'id' };
    return (await call('res.partner', 'search_read', args)) as Partner[];
  }
  const find = (name: string) => search([['name', '=', name]]);
  return {
    call,
    callIn,
    /** Registers a payment with Odoo's own dialog; all of it, if not said otherwise. */
    async pay(moves: readonly number[], amount?: number): Promise<void> {
      const around = { active_model: 'account.move', active_ids: [...moves] };
      const vals_list = [amount === undefined ? {} : { amount }];
      const made = await callIn(around, 'account.payment.register', 'create', { vals_list });
      await callIn(around, 'account.payment.register', 'action_create_payments', {}, z.array(z.number()).parse(made));
    },
    search,
    find,
    /** The partner of that name, once it is there. */
    appears: (name: string) => waitUntil(`${name} is in Odoo`, async () => (await find(name))[0]),
    create: async (values: Record<string, RpcValue>) =>
      z.tuple([z.number()]).parse(await call('res.partner', 'create', { vals_list: [values] }))[0],
    write: (id: number, values: Record<string, RpcValue>) => call('res.partner', 'write', { vals: values }, [id]),
    async read(id: number): Promise<Fields> {
      return (await search([['id', '=', id]]))[0] ?? {};
    },
    /** The partner, archived or not; undefined when it is gone. */
    look: async (id: number): Promise<Partner | undefined> => (await search([['id', '=', id]]))[0],
    /** What "Merge" in Odoo's list of contacts does: the survivor takes all that the loser had, the loser is deleted. */
    async merge(loser: number, survivor: number): Promise<void> {
      const wizard = 'base.partner.merge.automatic.wizard';
      const values = { partner_ids: [[6, 0, [loser, survivor]]], dst_partner_id: survivor };
      await call(
        wizard,
        'action_merge',
        {},
        z.array(z.number()).parse(await call(wizard, 'create', { vals_list: [values] })),
      );
    },
    async tagId(name: string): Promise<number> {
      return waitUntil(`the tag ${name} is there`, async () => {
        const rows = await call('res.partner.category', 'search_read', {
          domain: [['name', '=', name]],
          fields: ['id'],
        });
        return (rows as { id: number }[])[0]?.id;
      });
    },
    async countryId(code: string): Promise<number> {
      const rows = await call('res.country', 'search_read', { domain: [['code', '=', code]], fields: ['id'] });
      return (rows as { id: number }[])[0]?.id ?? 0;
    },
  };
}
