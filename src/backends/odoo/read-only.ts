/** What a plan may ask of Odoo: nothing that changes anything, and nothing about records that are only planned. */
import type { OdooCall, OdooTransport, RpcValue } from './transport.ts';

const READS: ReadonlySet<string> = new Set([
  'search_read',
  'read',
  'fields_get',
  'get_installed',
  'check_object_reference',
  'has_access',
  'check_access_rights',
]);

/**
 * A mistake in the plan shall be seen, and shall never reach Odoo.
 * @param finder id of the server action that looks external ids up, which is the only one to be run; null when there is none
 */
export function readOnly(transport: OdooTransport, finder: () => Promise<number | null>): OdooTransport {
  return {
    ...transport,
    async call(call) {
      const { model, method, ids } = call;
      const isFinder = model === 'ir.actions.server' && method === 'run' && ids?.[0] === (await finder());
      if (!isFinder && !READS.has(method)) throw new TypeError(`a plan must not call ${method} of ${model}`);
      const asked = withoutPlaceholders(call);
      return ids?.length && asked.ids?.length === 0 ? [] : transport.call(asked);
    },
  };
}

/** Ids below 0 stand for what is only to be made. */
function withoutPlaceholders(call: OdooCall): OdooCall {
  const { ids, args } = call;
  const domain = args?.domain;
  return {
    ...call,
    ...(ids && { ids: ids.filter(isReal) }),
    ...(Array.isArray(domain) && { args: { ...args, domain: domain.map(realLeaf) } }),
  };
}

function realLeaf(leaf: RpcValue): RpcValue {
  if (!Array.isArray(leaf) || leaf[1] !== 'in' || !Array.isArray(leaf[2])) return leaf;
  return [leaf[0], leaf[1], leaf[2].filter(isReal)];
}

function isReal(value: unknown): boolean {
  return typeof value !== 'number' || value > 0;
}
