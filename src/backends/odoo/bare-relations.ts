/**
 * Relations as bare ids from every Odoo. All that reads asks for `load: ''`; `search_read` of Odoo 14 does not know
 * that argument and gives pairs of id and name: here they are made what was asked for, so that nobody else notices.
 */
import type { OdooTransport, OdooVersion } from './transport.ts';
import { hasFeature } from './versions.ts';

export function withBareRelations(transport: OdooTransport, version: OdooVersion): OdooTransport {
  if (hasFeature(version, 'bareRelations')) return transport;
  return {
    ...transport,
    async call(call) {
      const { load, ...args } = call.args ?? {};
      if (call.method !== 'search_read' || load !== '') return transport.call(call);
      const rows = await transport.call({ ...call, args });
      return Array.isArray(rows) ? rows.map(toBare) : rows;
    },
  };
}

function toBare(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, isPair(value) ? value[0] : value]));
}

/** A list of ids has no text in it, and no other kind of field reads as a list. */
function isPair(value: unknown): value is readonly [number, string] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string';
}
