/** What has to be known of a model beside its records: which fields this Odoo has, the rows of small tables, the company. */
import { z } from 'zod';
import { many2one } from '../../entities/codecs.ts';
import type { Entity, OdooValues } from '../../entities/define-entity.ts';
import type { OdooTransport } from './transport.ts';

export interface ModelFacts {
  /** Loads what the entity's mapping needs, and the fields of these models: once, and again after ten minutes. */
  load(entity: Entity, models?: readonly string[]): Promise<void>;
  rows(model: string): readonly OdooValues[];
  hasField(model: string, field: string): boolean;
  companyCurrency(): string | null;
  ownCompanyId(): number | null;
  readonly salesJournal: string | null;
  /** Looks anew at the next load: something was not there that should be. */
  forget(): void;
}

export interface FactSettings {
  /** Whose company it is when the user may see several. */
  readonly username: string;
  readonly companyId: number | undefined;
  /** Code of the journal for invoices; undefined for the company's own choice. */
  readonly salesJournal?: string | undefined;
}

/** What is out of use there still explains old records: the currency of an amount, the tax of a line. */
const ARCHIVED_TOO: ReadonlySet<string> = new Set(['res.currency', 'account.tax']);
const FRESH_MS = 600_000;
const COMPANY = 'res.company';
const rowsSchema = z.array(z.looseObject({ id: z.number() }));
const fieldsSchema = z.record(z.string(), z.unknown());

export function createModelFacts(
  transport: OdooTransport,
  { username, companyId, salesJournal }: FactSettings,
): ModelFacts {
  const loadedAt = new Map<string, number>();
  const loading = new Map<string, Promise<void>>();
  const fields = new Map<string, ReadonlySet<string>>();
  const tables = new Map<string, readonly OdooValues[]>();
  const columns = new Map<string, ReadonlySet<string>>();
  const turns = new Map<string, Promise<void>>();
  let ownCompany: number | null = null;

  /** Who comes while it is under way waits for the same. */
  function once(name: string, work: () => Promise<void>): Promise<void> {
    if (Date.now() - (loadedAt.get(name) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return Promise.resolve();
    const running = loading.get(name) ?? work().then(() => void loadedAt.set(name, Date.now()));
    loading.set(name, running);
    return running.finally(() => loading.delete(name));
  }

  async function search(model: string, domain: readonly unknown[], wanted: readonly string[], archived: boolean) {
    const args = { domain: domain as never, fields: [...wanted], order: 'id', load: '' };
    const context = archived ? { active_test: false } : {};
    return rowsSchema.parse(await transport.call({ model, method: 'search_read', args, context }));
  }

  async function loadFields(model: string): Promise<void> {
    const answer = await transport.call({ model, method: 'fields_get', args: { attributes: ['type'] } });
    fields.set(model, new Set(Object.keys(fieldsSchema.parse(answer))));
  }

  /** Several entities may need the table, each other fields of it: one after the other, or the last would win. */
  function loadTable(model: string, wanted: readonly string[]): Promise<void> {
    const before = turns.get(model)?.catch(() => {}) ?? Promise.resolve();
    const mine = before.then(() => readTable(model, wanted));
    turns.set(model, mine);
    return mine;
  }

  async function readTable(model: string, wanted: readonly string[]): Promise<void> {
    const all = new Set([...(columns.get(model) ?? []), ...wanted]);
    tables.set(model, await search(model, [], [...all], ARCHIVED_TOO.has(model)));
    columns.set(model, all);
    if (model !== COMPANY || companyId !== undefined) return;
    const [user] = await search('res.users', [['login', '=', username]], ['company_id'], false);
    ownCompany = many2one(user?.company_id);
  }

  function company(): OdooValues | undefined {
    const all = tables.get(COMPANY) ?? [];
    return all.find(({ id }) => id === (companyId ?? ownCompany)) ?? all[0];
  }

  return {
    async load({ odoo }, models = []) {
      const wanted = Object.entries(odoo.tables ?? {});
      for (const model of [...(odoo.optional ? [odoo.model] : []), ...models]) {
        await once(`fields of ${model}`, () => loadFields(model));
      }
      await Promise.all(
        wanted.map(([model, names]) => once(`${model} ${names.join()}`, () => loadTable(model, names))),
      );
    },
    rows: (model) => tables.get(model) ?? [],
    hasField: (model, field) => fields.get(model)?.has(field) ?? true,
    companyCurrency() {
      const currency = many2one(company()?.currency_id);
      const row = tables.get('res.currency')?.find(({ id }) => id === currency);
      return typeof row?.name === 'string' ? row.name : null;
    },
    ownCompanyId: () => (typeof company()?.id === 'number' ? Number(company()?.id) : null),
    salesJournal: salesJournal ?? null,
    forget: () => loadedAt.clear(),
  };
}
