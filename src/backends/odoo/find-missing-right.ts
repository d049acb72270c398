/** `load()` tells a missing right in the same way as a bad value: in words, in the language of the user. So Odoo is asked. */
import { BridgeError, beforeSending } from '../../errors.ts';
import type { OdooContext } from './odoo-context.ts';
import { classifyFault } from './odoo-errors.ts';
import { hasFeature } from './versions.ts';

/**
 * Called when `load()` has refused records.
 * @param refusal what it said: with a missing right it names the groups that give it
 * @returns SetupError `access_denied` when the user may not create records of the model at all, else null
 */
export async function findMissingRight(
  { transport, version }: OdooContext,
  model: string,
  refusal: string,
): Promise<BridgeError | null> {
  const args = { operation: 'create' };
  try {
    const may = hasFeature(version, 'hasAccess')
      ? await transport.call({ model, method: 'has_access', ids: [], args })
      : await transport.call({ model, method: 'check_access_rights', args: { ...args, raise_exception: false } });
    return may === true ? null : classifyFault({ name: 'AccessError', message: refusal });
  } catch (error) {
    // Whatever became of this question: nothing was created before it.
    throw error instanceof BridgeError ? beforeSending(error) : error;
  }
}
