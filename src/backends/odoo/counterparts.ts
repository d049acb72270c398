/** Which records of one side stand for which of the other, as far as mappings refer to them. */
import { idList, many2one } from '../../entities/codecs.ts';
import type { Entity, OdooValues, Parent } from '../../entities/define-entity.ts';
import { entityNamed } from '../../entities/registry.ts';
import { PRODUCT, type Variants } from './product-variants.ts';

/** The memory of the bridge, as this side may ask it. */
export interface LinkDirectory {
  /** Odoo ids by `entity:id`, of those that have a counterpart. */
  odooIds(keys: readonly Parent[]): Promise<ReadonlyMap<string, number>>;
  /** App records that are tied to these Odoo records. */
  appIds(
    entities: readonly string[],
    ids: readonly number[],
  ): Promise<readonly { readonly entity: string; readonly appId: string; readonly odooId: number }[]>;
  /** Those of these Odoo records that a link of the entity knows, if only by half. */
  known(entity: string, odooModel: string, ids: readonly number[]): Promise<ReadonlySet<number>>;
}

export interface Counterparts {
  readonly variants: Variants;
  /** For decoding these rows. */
  loadForRows(entity: Entity, rows: readonly OdooValues[]): Promise<void>;
  /** For encoding values of the app that refer to these records. */
  loadParents(keys: readonly Parent[]): Promise<void>;
  linkedId(entity: string, appId: string): number | null;
  linkedAppId(entity: string, odooId: number): string | null;
}

export function createCounterparts(directory: LinkDirectory, variants: Variants): Counterparts {
  const odooIds = new Map<string, number>();
  const appIds = new Map<string, string>();

  async function loadAppIds(entities: readonly string[], ids: ReadonlySet<number>): Promise<void> {
    if (ids.size === 0) return;
    const found = await directory.appIds(entities, [...ids]);
    // At once: other workers are reading them.
    for (const entity of entities) for (const id of ids) appIds.delete(`${entity}:${id}`);
    for (const { entity, appId, odooId } of found) appIds.set(`${entity}:${odooId}`, appId);
  }

  return {
    variants,
    async loadForRows({ odoo }, rows) {
      for (const [field, entities] of Object.entries(odoo.links ?? {})) {
        await loadAppIds(entities, new Set(rows.flatMap((row) => idsIn(row[field]))));
      }
      for (const [name, child] of Object.entries(odoo.children ?? {})) {
        const lines = rows.flatMap((row) => (row[name] ?? []) as readonly OdooValues[]);
        for (const [field, entities] of Object.entries(child.variants ?? {})) {
          const held = [...new Set(lines.flatMap((line) => many2one(line[field]) ?? []))];
          await variants.loadVariants(held);
          await loadAppIds(entities, new Set(held.flatMap((id) => variants.productId(id) ?? [])));
        }
      }
    },
    async loadParents(keys) {
      if (keys.length === 0) return;
      const found = await directory.odooIds(keys);
      for (const { entity, id } of keys) odooIds.delete(`${entity}:${id}`);
      for (const [key, id] of found) odooIds.set(key, id);
      const products = keys.filter(({ entity }) => entityNamed(entity).odoo.model === PRODUCT);
      await variants.loadProducts(products.flatMap(({ entity, id }) => odooIds.get(`${entity}:${id}`) ?? []));
    },
    linkedId: (entity, appId) => odooIds.get(`${entity}:${appId}`) ?? null,
    linkedAppId: (entity, odooId) => appIds.get(`${entity}:${odooId}`) ?? null,
  };
}

/** Of one record (its id, or a pair with its name), or of many. */
function idsIn(value: unknown): readonly number[] {
  return typeof value === 'number' ? [value] : idList(value);
}
