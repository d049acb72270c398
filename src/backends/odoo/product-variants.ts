/**
 * Lines of invoices name a variant (`product.product`), the catalogue and the links name the product
 * (`product.template`). Which belong together never changes, so each is asked for once.
 */
import { z } from 'zod';
import type { OdooTransport } from './transport.ts';

export const PRODUCT = 'product.template';

export interface Variants {
  loadVariants(ids: readonly number[]): Promise<void>;
  loadProducts(ids: readonly number[]): Promise<void>;
  /** The oldest variant that is in use; of a product that is out of use, the oldest. */
  variantId(productId: number): number | null;
  productId(variantId: number): number | null;
}

const variantRows = z.array(z.looseObject({ id: z.number(), product_tmpl_id: z.number(), active: z.boolean() }));

export function createVariants(transport: OdooTransport): Variants {
  const products = new Map<number, number>();
  const variants = new Map<number, number>();

  async function search(field: 'id' | 'product_tmpl_id', ids: readonly number[]) {
    const args = { domain: [[field, 'in', [...ids]]] as never, fields: ['product_tmpl_id', 'active'], load: '' };
    const call = { model: 'product.product', method: 'search_read', args: { ...args, order: 'active desc, id' } };
    return variantRows.parse(await transport.call({ ...call, context: { active_test: false } }));
  }

  return {
    async loadVariants(ids) {
      const unknown = ids.filter((id) => !products.has(id));
      if (unknown.length === 0) return;
      for (const { id, product_tmpl_id } of await search('id', unknown)) products.set(id, product_tmpl_id);
    },
    // Asked anew each time: a variant may have gone out of use.
    async loadProducts(ids) {
      if (ids.length === 0) return;
      const found = await search('product_tmpl_id', ids);
      for (const id of ids) variants.delete(id);
      for (const { id, product_tmpl_id } of found) {
        products.set(id, product_tmpl_id);
        if (!variants.has(product_tmpl_id)) variants.set(product_tmpl_id, id);
      }
    },
    variantId: (productId) => variants.get(productId) ?? null,
    productId: (variantId) => products.get(variantId) ?? null,
  };
}
