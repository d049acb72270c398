/** The tags that make a record one of an entity: contact tags, product tags. */
import { z } from 'zod';
import { SetupError } from '../../errors.ts';
import type { OdooTransport } from './transport.ts';

/** Ids are remembered by the caller, so that a renamed tag stays the same tag. */
export interface TagSettings {
  /** By entity: the tag's name, and the model that it is of. */
  readonly names: Readonly<Record<string, { readonly name: string; readonly model: string }>>;
  recall(entity: string): Promise<number | null>;
  remember(entity: string, id: number): Promise<void>;
  /** For a plan: stands in for a tag that is missing, which is not made then. */
  pretend?(entity: string): number;
  /** Runs `work` in one process at a time: two that find no tag must not make two. */
  exclusively(work: () => Promise<void>): Promise<void>;
}

export interface Tags {
  /** Loads the tags of that model, and makes those that are missing: once, and again after ten minutes. */
  load(model: string): Promise<void>;
  idOf(entity: string): number | null;
  /** Names of the entities of that tag model whose tag is among these ids. */
  entitiesOf(model: string, ids: readonly number[]): readonly string[];
  /** @throws SetupError when the tag of the entity was there once and is gone: only this entity stops */
  require(entity: string): void;
}

const FRESH_MS = 600_000;
const found = z.array(z.looseObject({ id: z.number() }));

export function createTags(transport: OdooTransport, settings: TagSettings): Tags {
  const ids = new Map<string, number>();
  const vanished = new Map<string, string>();
  const loadedAt = new Map<string, number>();
  const loading = new Map<string, Promise<void>>();

  /** Who comes while it is under way waits for the same. */
  function load(model: string): Promise<void> {
    if (Date.now() - (loadedAt.get(model) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return Promise.resolve();
    const running = loading.get(model) ?? settings.exclusively(() => loadModel(model));
    loading.set(model, running);
    return running.finally(() => loading.delete(model));
  }

  /** A tag that was known and is gone is no reason to make another: its records would all fall out of scope. */
  async function loadModel(wanted: string): Promise<void> {
    for (const [entity, { name, model }] of Object.entries(settings.names)) {
      if (model !== wanted) continue;
      const known = await settings.recall(entity);
      const domain = known === null ? [['name', '=', name]] : [['id', '=', known]];
      const args = { domain, fields: ['name'], order: 'id', load: '' };
      const call = { model, method: 'search_read', args, context: { active_test: false } };
      const [tag] = found.parse(await transport.call(call));
      if (known !== null && !tag) {
        vanished.set(entity, name);
        continue;
      }
      vanished.delete(entity);
      const id = tag?.id ?? settings.pretend?.(entity) ?? (await create(model, name));
      ids.set(entity, id);
      if (known === null) await settings.remember(entity, id);
    }
    loadedAt.set(wanted, Date.now());
  }

  async function create(model: string, name: string): Promise<number> {
    const created = await transport.call({ model, method: 'create', args: { vals_list: [{ name }] } });
    return z.tuple([z.number()]).parse(created)[0];
  }

  return {
    load,
    idOf: (entity) => ids.get(entity) ?? null,
    entitiesOf: (model, given) =>
      [...ids]
        .filter(([entity, id]) => settings.names[entity]?.model === model && given.includes(id))
        .map(([entity]) => entity),
    require(entity) {
      const name = vanished.get(entity);
      if (name !== undefined) throw tagVanished(entity, name);
    },
  };
}

function tagVanished(entity: string, name: string): SetupError {
  return new SetupError({
    code: 'tag_vanished',
    message: `The tag of "${entity}" (${name}) no longer exists in Odoo; this entity is paused.`,
    remedy: 'Make a tag of that name in Odoo and run "bridge webhooks install", which takes it for the old one.',
  });
}
