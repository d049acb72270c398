/** `bridge webhooks install`, with another user than the one that the bridge runs as: that one may not. */
import type { OdooAddress } from '../../sandbox/people/people.ts';
import { createContext } from '../../src/context.ts';
import { createLogger } from '../../src/logger.ts';
import { runSetup } from '../../src/setup-odoo.ts';
import type { TestSetup } from './start-bridge.ts';

export async function installAsAdministrator({ config, bridge }: TestSetup, administrator: OdooAddress): Promise<void> {
  const { username, apiKey } = administrator;
  const logger = createLogger({ level: 'fatal', file: null, stdout: false });
  const changed = { ODOO_USERNAME: username, ODOO_API_KEY: apiKey, BRIDGE_PUBLIC_URL: bridge.url };
  const context = await createContext({ ...config, ...changed }, logger);
  try {
    await runSetup(context, 'install');
  } finally {
    await context.close();
  }
}
