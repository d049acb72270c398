/** One small call that any user of any Odoo may make: it tells that address, database and key are right, now. */
import type { OdooTransport } from './transport.ts';

/** Odoo 14 cannot send the answer of `context_get` over XML-RPC, so it is not that. @throws what the transport throws */
export async function ping(transport: OdooTransport): Promise<void> {
  await transport.call({ model: 'res.lang', method: 'search', args: { domain: [], limit: 1 } });
}
