/** Neither side tells of anything any more: what changes is found by polls alone. */
import type { OdooAddress } from '../../sandbox/people/people.ts';
import { odooPerson } from '../../sandbox/people/people.ts';
import type { TestSetup } from './start-bridge.ts';

/** @returns lets both tell again of what changes from then on */
export async function loseWebhooks({ app, bridge, secrets }: TestSetup, address: OdooAddress) {
  const odoo = odooPerson(address);
  const domain = [['name', '=like', 'Bridge: %']];
  const rules = (await odoo.call('base.automation', 'search_read', { domain, fields: ['id'] })) as { id: number }[];
  const ids = rules.map(({ id }) => id);
  const switchOdoo = (active: boolean) => odoo.call('base.automation', 'write', { vals: { active } }, ids);
  app.setWebhook(null);
  await switchOdoo(false);
  return async () => {
    app.setWebhook({ url: `${bridge.url}/webhooks/app`, secret: secrets.webhook });
    await switchOdoo(true);
  };
}
