/** Every request to Odoo passes the gate: the breaker and the rate limit. */
import { BridgeError, beforeSending, SetupError } from '../../errors.ts';
import type { Gate } from '../gate.ts';
import type { OdooTransport } from './transport.ts';

export function guardTransport(transport: OdooTransport, gate: Gate): OdooTransport {
  // XML-RPC signs in by a request of its own before the first call, and again when it was refused.
  let signedIn = transport.kind === 'json2';

  async function userId(): Promise<number> {
    const id = await gate(() => transport.userId());
    signedIn = true;
    return id;
  }

  async function signIn(): Promise<void> {
    try {
      await userId();
    } catch (error) {
      throw error instanceof BridgeError ? beforeSending(error) : error;
    }
  }

  return {
    ...transport,
    userId,
    async call(call) {
      if (!signedIn) await signIn();
      try {
        return await gate(() => transport.call(call));
      } catch (error) {
        if (error instanceof SetupError) signedIn = transport.kind === 'json2';
        throw error;
      }
    },
  };
}

/** Codes of an Odoo that answers: about the records, the model or the rights of one call (see odoo-errors.ts). */
export const ODOO_ANSWERS: ReadonlySet<string> = new Set([
  'odoo_busy',
  'access_denied',
  'missing_module',
  'unknown_method',
  'missing_field',
]);
