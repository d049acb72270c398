/** A mailing list, whose members say no in Odoo, and a campaign to it that is called off before it leaves. */
import { z } from 'zod';
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

type Row = Fields & { readonly id: number };
const A_YEAR_MS = 31_536_000_000;

export async function prepareACampaign({ world, app, odoo, named }: Stage): Promise<string> {
  const find = async (model: string, domain: readonly (readonly unknown[])[], fields: string[]) =>
    (await odoo.call(model, 'search_read', { domain: domain as never, fields, load: '' })) as Row[];
  const until = <T>(what: string, ask: () => Promise<T>) => waitUntil(what, ask, PATIENCE_MS);
  // A mailing is sent in somebody's name; in a fresh Odoo nobody has an address yet.
  if (world.odoo.kind === 'lab') {
    const [user] = z
      .array(z.number())
      .parse(await odoo.call('res.users', 'search', { domain: [['login', '=', world.odoo.username]] }));
    await odoo.call('res.users', 'write', { vals: { email: 'office@example.org' } }, [Number(user)]);
  }
  const email = (name: string) => `${name}.${world.odoo.mark || 'demo'}@example.org`;
  const [nina, omar] = await Promise.all(
    ['nina', 'omar'].map(async (name) => ({
      entity: 'guest',
      id: await app.create('guests', { name: named(`${name} Newsreader`), email: email(name) }),
    })),
  );
  const list = await app.create('mailing-lists', { name: named('Spring news'), members: [nina, omar] });
  const subscriptions = await until('both are on the list in Odoo', async () => {
    const [row] = await find('mailing.list', [['name', '=', named('Spring news')]], ['name']);
    const found = await find('mailing.subscription', [['list_id', '=', row?.id ?? 0]], ['contact_id']);
    return found.length === 2 ? found : undefined;
  });
  const [contact] = await find('mailing.contact', [['email', '=', email('omar')]], ['email']);
  const his = subscriptions.find(({ contact_id }) => contact_id === contact?.id);
  await odoo.call('mailing.subscription', 'write', { vals: { opt_out: true } }, [Number(his?.id)]);
  await until('the app knows who opted out', async () => {
    const [one, ...others] = (await app.look('mailing-lists', list)).opted_out as Fields[];
    return one?.id === omar?.id && others.length === 0;
  });

  const campaign = { subject: named('Spring'), body_html: '<p>The first warm days.</p>', list_ids: [list] };
  // So far away that nobody gets anything, whichever Odoo this is.
  const scheduled_at = new Date(Date.now() + A_YEAR_MS).toISOString();
  const id = await app.create('campaigns', { ...campaign, scheduled_at });
  await app.act('campaigns', id, 'ready');
  const told = (state: string) =>
    until(`the app shows it as ${state}`, async () => (await app.look('campaigns', id)).odoo_state === state);
  await told('in_queue');
  const mailings = await find('mailing.mailing', [['subject', '=', named('Spring')]], ['state']);
  check(mailings.length === 1 && mailings[0]?.state === 'in_queue', 'Odoo has it in its queue, once');
  await app.act('campaigns', id, 'cancel');
  await told('cancelled');
  return 'who opted out in Odoo is told in the app; scheduled once, and cancelled';
}
