/** Where a person sees a record in Odoo's own pages. */
import type { OdooVersion } from './transport.ts';
import { hasFeature } from './versions.ts';

/**
 * @param odooUrl ODOO_URL
 * @returns the address of the record's form, for who is signed in to that database
 */
export function recordUrl(odooUrl: string, version: OdooVersion, model: string, id: number): string {
  const path = hasFeature(version, 'recordPaths')
    ? `odoo/${model}/${id}`
    : `web#id=${id}&model=${model}&view_type=form`;
  return `${odooUrl.replace(/\/+$/, '')}/${path}`;
}
