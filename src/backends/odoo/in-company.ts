import type { OdooTransport } from './transport.ts';

/** Every call acts in one company of a multi-company Odoo (ODOO_COMPANY_ID); without one, in the user's own. */
export function inCompany(transport: OdooTransport, companyId: number | undefined): OdooTransport {
  if (companyId === undefined) return transport;
  const company = { allowed_company_ids: [companyId] };
  return {
    ...transport,
    call: (call) => transport.call({ ...call, context: { ...company, ...call.context } }),
  };
}
