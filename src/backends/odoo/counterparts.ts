/** Which records of one side stand for which of the other, as far as mappings refer to them. */
import { idList, many2one } from '../../entities/codecs.ts';
import type { Entity, OdooValues, Parent } from '../../entities/define-entity.ts';

/** The memory of the bridge, as this side may ask it. */
export interface LinkDirectory {
  /** Odoo ids by `entity:id`, of those that have a counterpart. */
  odooIds(keys: readonly Parent[]): Promise<ReadonlyMap<string, number>>;
  /** App records that are tied to these Odoo records. */
  appIds(
    entities: readonly string[],
    ids: readonly number[],
  ): Promise<readonly { readonly entity: string; readonly appId: string; readonly odooId: number }[]>;
}

export interface Counterparts {
  /** For decoding these rows. */
  loadForRows(entity: Entity, rows: readonly OdooValues[]): Promise<void>;
  /** For encoding values of the app that refer to these records. */
  loadParents(keys: readonly Parent[]): Promise<void>;
  linkedId(entity: string, appId: string): number | null;
  linkedAppId(entity: string, odooId: number): string | null;
}

export function createCounterparts(directory: LinkDirectory): Counterparts {
  const odooIds = new Map<string, number>();
  const appIds = new Map<string, string>();
  return {
    async loadForRows({ odoo }, rows) {
      for (const [field, entities] of Object.entries(odoo.links ?? {})) {
        const ids = new Set(rows.flatMap((row) => many2one(row[field]) ?? idList(row[field])));
        if (ids.size === 0) continue;
        for (const entity of entities) for (const id of ids) appIds.delete(`${entity}:${id}`);
        for (const { entity, appId, odooId } of await directory.appIds(entities, [...ids])) {
          appIds.set(`${entity}:${odooId}`, appId);
        }
      }
    },
    async loadParents(keys) {
      if (keys.length === 0) return;
      for (const { entity, id } of keys) odooIds.delete(`${entity}:${id}`);
      for (const [key, id] of await directory.odooIds(keys)) odooIds.set(key, id);
    },
    linkedId: (entity, appId) => odooIds.get(`${entity}:${appId}`) ?? null,
    linkedAppId: (entity, odooId) => appIds.get(`${entity}:${odooId}`) ?? null,
  };
}
