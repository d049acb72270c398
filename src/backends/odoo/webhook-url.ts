/** Where Odoo posts to, with its token as the password. */
import { SetupError } from '../../errors.ts';

export interface WebhookSettings {
  readonly BRIDGE_PUBLIC_URL?: string | undefined;
  readonly ODOO_WEBHOOK_TOKENS?: readonly string[];
}

/** @throws SetupError when one of both is not set */
export function webhookUrl({ BRIDGE_PUBLIC_URL, ODOO_WEBHOOK_TOKENS = [] }: WebhookSettings): string {
  const [token] = ODOO_WEBHOOK_TOKENS;
  if (BRIDGE_PUBLIC_URL === undefined || token === undefined) {
    throw new SetupError({
      code: 'webhook_address_missing',
      message: 'Odoo cannot be told where to post: BRIDGE_PUBLIC_URL or ODOO_WEBHOOK_TOKENS is not set.',
      remedy:
        'Set BRIDGE_PUBLIC_URL to the address of the bridge as Odoo reaches it, and ODOO_WEBHOOK_TOKENS to a long random text.',
    });
  }
  const url = new URL('webhooks/odoo', `${BRIDGE_PUBLIC_URL.replace(/\/+$/, '')}/`);
  url.username = 'bridge';
  url.password = token;
  return url.href;
}
