/** What the contract suite asks of an Odoo, whether it is the simulator or a real one. */
import { withBareRelations } from '../../../src/backends/odoo/bare-relations.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { OdooCall, OdooTransport } from '../../../src/backends/odoo/transport.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { type Credentials, callRaw, type RawAnswer } from './raw-calls.ts';

export interface Recipe extends Credentials {
  readonly kind: 'simulator' | 'real';
  readonly major: 19 | 14;
  createUser(user: { login: string; groups: readonly string[] }): Promise<{ username: string; apiKey: string }>;
  /**
   * Runs `work` so that somebody else's edit of the partner, begun before it, commits while `work` is at it:
   * after it has looked, before it has written.
   */
  race<T>(partnerId: number, values: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T>;
  /** A record rule that hides the partner from everybody; resolves with what takes it away again. */
  hide(partnerId: number): Promise<() => Promise<void>>;
  /** An edit whose transaction is open for more than two seconds; resolves after its commit. */
  editSlowly(partnerId: number, values: Readonly<Record<string, string>>): Promise<void>;
}

export interface ContractOdoo extends Recipe {
  readonly transport: 'xmlrpc' | 'json2';
  /** Through the bridge's own transport: the value, or its classified error. */
  call(call: OdooCall): Promise<unknown>;
  /** The answer of a call as the protocol gives it, good or bad. */
  raw(call: OdooCall): Promise<RawAnswer>;
  /** The same Odoo as another user. */
  as(user: { username: string; apiKey: string }): ContractOdoo;
}

export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** All calls that were made, as `model.method`: compared with the simulator's list at the end. */
export const calledPairs = new Set<string>();

export function openOdoo(recipe: Recipe, kind: 'xmlrpc' | 'json2'): ContractOdoo {
  const transport = kind === 'xmlrpc' ? xmlrpc(recipe) : createJson2Transport(recipe);
  const note = ({ model, method }: OdooCall) => calledPairs.add(`${model}.${method}`);
  return {
    ...recipe,
    transport: kind,
    call(call) {
      note(call);
      return transport.call(call);
    },
    raw(call) {
      note(call);
      return callRaw(kind, recipe, call);
    },
    as: (user) => openOdoo({ ...recipe, ...user }, kind),
  };
}

function xmlrpc(recipe: Recipe): OdooTransport {
  const { major } = recipe;
  return withBareRelations(createXmlrpcTransport(recipe), { major, full: `${major}.0` });
}

let counter = 0;

/** Names of their own for each check: both protocols run on one database. */
export function unique(name: string): string {
  counter += 1;
  return `${name} ${process.pid}-${counter}`;
}

export async function create(odoo: ContractOdoo, values: Readonly<Record<string, unknown>>): Promise<number> {
  const vals_list = [{ name: unique('Contact'), ...values }];
  const ids = (await odoo.call({ model: 'res.partner', method: 'create', args: { vals_list } as never })) as number[];
  return ids[0] as number;
}

export async function write(odoo: ContractOdoo, id: number, vals: Readonly<Record<string, unknown>>): Promise<void> {
  await odoo.call({ model: 'res.partner', method: 'write', ids: [id], args: { vals } as never });
}

export async function read(odoo: ContractOdoo, id: number, fields: readonly string[]): Promise<Row> {
  const call = { model: 'res.partner', method: 'read', ids: [id], args: { fields, load: '' } };
  const rows = (await odoo.call(call)) as Row[];
  return rows[0] as Row;
}

/** One field of several partners, in the order of the ids. */
export async function readEach(odoo: ContractOdoo, ids: readonly number[], field: string): Promise<readonly unknown[]> {
  const call = { model: 'res.partner', method: 'read', ids, args: { fields: [field], load: '' } };
  return ((await odoo.call(call)) as Row[]).map((row) => row[field]);
}

export async function search(odoo: ContractOdoo, domain: readonly unknown[], context = {}): Promise<readonly number[]> {
  const call = { model: 'res.partner', method: 'search', args: { domain, order: 'id' } as never, context };
  return (await odoo.call(call)) as number[];
}

export async function loadPartners(odoo: ContractOdoo, fields: readonly string[], data: readonly unknown[]) {
  const call = { model: 'res.partner', method: 'load', args: { fields, data } as never };
  return (await odoo.call(call)) as { ids: number[] | false; messages: Readonly<Record<string, unknown>>[] };
}

export async function countryId(odoo: ContractOdoo, code: string): Promise<number> {
  const args = { domain: [['code', '=', code]], fields: ['code'] };
  const rows = (await odoo.call({ model: 'res.country', method: 'search_read', args })) as Row[];
  return (rows[0] as Row).id;
}

/** Until the second of Odoo's stamps has changed: two writes apart that show it. */
export async function nextSecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1010 - (Date.now() % 1000)));
}
