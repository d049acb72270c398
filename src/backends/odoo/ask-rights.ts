/** Which rights on a model the bridge's user has, asked beforehand: the refusal names the groups that give them. */
import { BridgeError, SetupError } from '../../errors.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';
import { hasFeature } from './versions.ts';

export type Right = 'read' | 'write' | 'create' | 'unlink';

/**
 * @returns null when the user has the right, else Odoo's refusal in plain words
 * @throws SetupError `missing_module`, and what the transport throws
 */
export async function askRight(
  transport: OdooTransport,
  version: OdooVersion,
  model: string,
  right: Right,
): Promise<BridgeError | null> {
  if (hasFeature(version, 'hasAccess')) {
    const may = await transport.call({ model, method: 'has_access', ids: [], args: { operation: right } });
    if (may === true) return null;
  }
  try {
    await transport.call({ model, method: 'check_access_rights', args: { operation: right } });
    return null;
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    if (error.code === 'access_denied') return error;
    // Deprecated in 18: where it is gone, the groups are not named.
    if (error.code === 'unknown_method') return withoutWords(model, right);
    throw error;
  }
}

function withoutWords(model: string, right: Right): SetupError {
  return new SetupError({
    code: 'access_denied',
    message: `Access denied: the user may not ${right} records of ${model}.`,
    remedy: 'Give the Odoo user of the bridge a group that has this right.',
  });
}
