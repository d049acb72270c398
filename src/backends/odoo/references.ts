/** What decoding and encoding need to look up: countries, languages, tags, school companies, small tables, counterparts. */
import { z } from 'zod';
import { foldExact } from '../../entities/codecs.ts';
import type { Entity, Membership, OdooReferences } from '../../entities/define-entity.ts';
import type { Counterparts } from './counterparts.ts';
import type { ModelFacts } from './model-facts.ts';
import { modelOf } from './odoo-records.ts';
import type { Tags } from './tags.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';
import { hasFeature } from './versions.ts';

export interface ReferenceStore extends OdooReferences {
  /** Loads what does not change from record to record: once, and again after ten minutes. */
  load(entity: Entity | null): Promise<void>;
  /** As it is in this Odoo; the entity must have been loaded. */
  membershipOf(entity: Entity): Membership;
  /** Loads the names of these companies anew. */
  loadCompanies(ids: readonly number[]): Promise<void>;
  /** @returns the names among these that no company has yet */
  findMissingCompanies(names: readonly string[]): Promise<readonly string[]>;
  rememberCompany(name: string, id: number): void;
  /** Something is not there that should be: small tables are looked at anew. */
  forget(): void;
  readonly tags: Tags;
  readonly counterparts: Counterparts;
}

const FRESH_MS = 600_000;
const idRow = z.looseObject({ id: z.number() });
const countryRows = z.array(idRow.extend({ code: z.union([z.string(), z.literal(false)]) }));
const namedRows = z.array(idRow.extend({ name: z.union([z.string(), z.literal(false)]) }));
const languageRows = z.array(z.tuple([z.string(), z.string()]).rest(z.unknown()));

export function createReferences(
  transport: OdooTransport,
  version: OdooVersion,
  tags: Tags,
  facts: ModelFacts,
  counterparts: Counterparts,
): ReferenceStore {
  const countries = new Map<number, string>();
  const countryIds = new Map<string, number>();
  const languages = new Set<string>();
  const companyNames = new Map<number, string>();
  const companyIds = new Map<string, number>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  async function search<T>(
    model: string,
    domain: readonly unknown[],
    fields: string[],
    schema: z.ZodType<T>,
  ): Promise<T> {
    const args = { domain: domain as never, fields, order: 'id', load: '' };
    return schema.parse(await transport.call({ model, method: 'search_read', args, context: { active_test: false } }));
  }

  async function load(entity: Entity | null): Promise<void> {
    await loadWorld();
    if (entity === null) return;
    // The model itself first: where its Odoo app is not installed, nothing else is asked for.
    const children = Object.values(entity.odoo.children ?? {}).filter(({ optional }) => optional);
    await facts.load(
      entity,
      children.map((child) => modelOf(child, references)),
    );
    const membership = membershipOf(entity);
    if (membership.kind === 'tag') await tags.load(membership.tagModel);
    tags.require(entity.name);
  }

  function membershipOf({ odoo }: Entity): Membership {
    const { membership, model } = odoo;
    return membership.kind === 'tag' && !facts.hasField(model, membership.field) ? { kind: 'linked' } : membership;
  }

  /** Who comes while it is under way waits for the same. */
  function loadWorld(): Promise<void> {
    if (Date.now() - loadedAt < FRESH_MS) return Promise.resolve();
    loading ??= loadAll().finally(() => {
      loading = null;
    });
    return loading;
  }

  async function loadAll(): Promise<void> {
    const [countryList, languageList] = await Promise.all([
      search('res.country', [], ['code'], countryRows),
      transport
        .call({ model: 'res.lang', method: 'get_installed', args: {} })
        .then((value) => languageRows.parse(value)),
    ]);
    for (const { id, code } of countryList) {
      if (code === false) continue;
      countries.set(id, code.toUpperCase());
      countryIds.set(code.toUpperCase(), id);
    }
    languages.clear();
    for (const [code] of languageList) languages.add(code);
    loadedAt = Date.now();
  }

  const references: ReferenceStore = {
    load,
    membershipOf,
    async loadCompanies(wanted) {
      // Those that are only planned are known.
      const ids = wanted.filter((id) => id > 0);
      if (ids.length === 0) return;
      const rows = await search(
        'res.partner',
        [
          ['id', 'in', ids],
          ['is_company', '=', true],
        ],
        ['name'],
        namedRows,
      );
      for (const id of ids) companyNames.delete(id);
      for (const { id, name } of rows) if (name !== false) rememberCompany(name, id);
    },
    async findMissingCompanies(names) {
      if (names.length === 0) return [];
      const patterns = names.map((name) => ['name', '=ilike', name.trim().replace(/[\\%_]/g, '\\$&')]);
      const domain = ['&', ['is_company', '=', true], ...Array(patterns.length - 1).fill('|'), ...patterns];
      const rows = await search('res.partner', domain, ['name'], namedRows);
      // The oldest of several namesakes, so that every bridge process takes the same one.
      for (const { id, name } of rows.reverse()) if (name !== false) rememberCompany(name, id);
      return [...new Map(names.map((name) => [foldExact(name), name]))]
        .filter(([folded]) => !companyIds.has(folded))
        .map(([, name]) => name);
    },
    rememberCompany,
    tags,
    counterparts,
    countryCode: (id) => countries.get(id) ?? null,
    countryId: (code) => countryIds.get(code.toUpperCase()) ?? null,
    odooLanguage: (tag) => findLanguage(languages, tag),
    tagId: (entity) => tags.idOf(entity),
    companyName: (id) => companyNames.get(id) ?? null,
    companyId: (name) => companyIds.get(foldExact(name)) ?? null,
    linkedId: counterparts.linkedId,
    linkedAppId: counterparts.linkedAppId,
    rows: facts.rows,
    hasField: facts.hasField,
    companyCurrency: facts.companyCurrency,
    has: (feature) => hasFeature(version, feature),
    ownCompanyId: facts.ownCompanyId,
    salesJournal: facts.salesJournal,
    variantId: counterparts.variants.variantId,
    productId: counterparts.variants.productId,
    forget: facts.forget,
  };
  return references;

  function rememberCompany(name: string, id: number): void {
    companyNames.set(id, name);
    companyIds.set(foldExact(name), id);
  }
}

/** `fr-BE` needs exactly fr_BE; a bare `fr` takes fr_FR, or else the first installed French. */
export function findLanguage(installed: ReadonlySet<string>, tag: string): string | null {
  const wanted = tag.replaceAll('-', '_').toLowerCase();
  const codes = [...installed].sort();
  const exact = codes.find((code) => code.toLowerCase() === wanted);
  if (exact !== undefined || wanted.includes('_')) return exact ?? null;
  const own = codes.find((code) => code.toLowerCase() === `${wanted}_${wanted}`);
  return own ?? codes.find((code) => code.toLowerCase().startsWith(`${wanted}_`)) ?? null;
}
