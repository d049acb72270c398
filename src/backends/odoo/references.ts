/** What decoding and encoding need to look up in Odoo: countries, languages, contact tags, school companies. */
import { z } from 'zod';
import { foldExact } from '../../entities/codecs.ts';
import type { OdooReferences } from '../../entities/define-entity.ts';
import { SetupError } from '../../errors.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';
import { hasFeature } from './versions.ts';

/** Contact tags by entity name. Ids are remembered by the caller, so that a renamed tag stays the same tag. */
export interface TagSettings {
  readonly names: Readonly<Record<string, string>>;
  recall(entity: string): Promise<number | null>;
  remember(entity: string, id: number): Promise<void>;
  /** Runs `work` in one process at a time: two that find no tag must not make two. */
  exclusively(work: () => Promise<void>): Promise<void>;
}

export interface ReferenceStore extends OdooReferences {
  /** Loads what does not change from record to record: once, and again after ten minutes. */
  load(): Promise<void>;
  /** Loads the names of these companies anew. */
  loadCompanies(ids: readonly number[]): Promise<void>;
  /** @returns the names among these that no company has yet */
  findMissingCompanies(names: readonly string[]): Promise<readonly string[]>;
  rememberCompany(name: string, id: number): void;
  tags(): ReadonlyMap<string, number>;
  /** @throws SetupError when the tag of the entity was there once and is gone: only this entity stops */
  requireTag(entity: string): void;
}

const FRESH_MS = 600_000;
const idRow = z.looseObject({ id: z.number() });
const countryRows = z.array(idRow.extend({ code: z.union([z.string(), z.literal(false)]) }));
const namedRows = z.array(idRow.extend({ name: z.union([z.string(), z.literal(false)]) }));
const languageRows = z.array(z.tuple([z.string(), z.string()]).rest(z.unknown()));

export function createReferences(
  transport: OdooTransport,
  version: OdooVersion,
  tagSettings: TagSettings,
): ReferenceStore {
  const countries = new Map<number, string>();
  const countryIds = new Map<string, number>();
  const languages = new Set<string>();
  const tags = new Map<string, number>();
  const vanished = new Map<string, string>();
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

  /** Who comes while it is under way waits for the same. */
  function load(): Promise<void> {
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
    await tagSettings.exclusively(loadTags);
    loadedAt = Date.now();
  }

  /** A tag that was known and is gone is no reason to make another: its records would all fall out of scope. */
  async function loadTags(): Promise<void> {
    for (const [entity, name] of Object.entries(tagSettings.names)) {
      const known = await tagSettings.recall(entity);
      const domain = known === null ? [['name', '=', name]] : [['id', '=', known]];
      const [found] = await search('res.partner.category', domain, ['name'], namedRows);
      if (known !== null && !found) {
        vanished.set(entity, name);
        continue;
      }
      vanished.delete(entity);
      const id = found?.id ?? (await createTag(name));
      tags.set(entity, id);
      if (known === null) await tagSettings.remember(entity, id);
    }
  }

  async function createTag(name: string): Promise<number> {
    const args = { vals_list: [{ name }] };
    const created = await transport.call({ model: 'res.partner.category', method: 'create', args });
    return z.tuple([z.number()]).parse(created)[0];
  }

  return {
    load,
    async loadCompanies(ids) {
      if (ids.length === 0) return;
      const rows = await search(
        'res.partner',
        [
          ['id', 'in', [...ids]],
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
    tags: () => tags,
    requireTag(entity) {
      const name = vanished.get(entity);
      if (name !== undefined) throw tagVanished(entity, name);
    },
    countryCode: (id) => countries.get(id) ?? null,
    countryId: (code) => countryIds.get(code.toUpperCase()) ?? null,
    odooLanguage: (tag) => findLanguage(languages, tag),
    tagId: (entity) => tags.get(entity) ?? null,
    companyName: (id) => companyNames.get(id) ?? null,
    companyId: (name) => companyIds.get(foldExact(name)) ?? null,
    commentIsHtml: hasFeature(version, 'commentIsHtml'),
  };

  function rememberCompany(name: string, id: number): void {
    companyNames.set(id, name);
    companyIds.set(foldExact(name), id);
  }
}

/** `fr-BE` needs exactly fr_BE; a bare `fr` takes fr_FR, or else the first installed French. */
function findLanguage(installed: ReadonlySet<string>, tag: string): string | null {
  const wanted = tag.replaceAll('-', '_').toLowerCase();
  const codes = [...installed].sort();
  const exact = codes.find((code) => code.toLowerCase() === wanted);
  if (exact !== undefined || wanted.includes('_')) return exact ?? null;
  const own = codes.find((code) => code.toLowerCase() === `${wanted}_${wanted}`);
  return own ?? codes.find((code) => code.toLowerCase().startsWith(`${wanted}_`)) ?? null;
}

function tagVanished(entity: string, name: string): SetupError {
  return new SetupError({
    code: 'tag_vanished',
    message: `The contact tag of "${entity}" (${name}) no longer exists in Odoo; this entity is paused.`,
    remedy:
      'Make a contact tag of that name in Odoo and run "bridge webhooks install", which takes it for the old one.',
  });
}
