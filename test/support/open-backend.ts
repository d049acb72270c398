/** The backend of Odoo by itself, as the bridge has it when it knows no record yet. */
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import { createOdooBackend, type OdooBackend, type OdooBackendOptions } from '../../src/backends/odoo/odoo-backend.ts';

type Address = Parameters<typeof createJson2Transport>[0];

/** @param tags names of entities whose tags it may make @param more what is else than usual */
export function openBackend(
  place: Address,
  tags: readonly string[] = [],
  more: Partial<OdooBackendOptions> = {},
): OdooBackend & { readonly tagIds: ReadonlyMap<string, number> } {
  const tagIds = new Map<string, number>();
  const backend = createOdooBackend({
    transport: createJson2Transport(place),
    version: { major: 19, full: '19.0' },
    instance: 'main',
    tags: {
      names: Object.fromEntries(tags.map((name) => [name, { name, model: 'res.partner.category' }])),
      recall: async (entity) => tagIds.get(entity) ?? null,
      remember: async (entity, id) => void tagIds.set(entity, id),
      exclusively: (work) => work(),
    },
    recallAction: async () => null,
    directory: { odooIds: async () => new Map(), appIds: async () => [], known: async () => new Set() },
    readContent: () => Promise.reject(new Error('no documents here')),
    username: place.username,
    companyId: undefined,
    ...more,
  });
  return { ...backend, tagIds };
}
