import t from 'tap';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { installAsAdministrator } from '../support/install-as-administrator.ts';
import { type RealOdoo, realOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';
import { openDetails, runDocumentDetails, runTravelDetails, waitUntil } from './business-details.ts';
import { runOnceDetails } from './business-once.ts';

t.setTimeout(600_000);

t.test('apartments, travels and documents in detail, with a real Odoo', async (t) => {
  t.setTimeout(300_000);
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  const details = await openDetails(t, odoo);
  await runTravelDetails(t, details);
  await runDocumentDetails(t, details);
  await runOnceDetails(t, details);
});

t.test('where leads are used, and the bridge is an ordinary salesman', async (t) => {
  t.setTimeout(200_000);
  const real = await realOdoo(t);
  if (real === null) return;
  await giveLeads(real);
  const groups = ['base.group_user', 'base.group_partner_manager', 'sales_team.group_sale_salesman_all_leads'];
  const bot = await real.createUser({ login: 'bot', groups });
  const environment = { ODOO_TRANSPORT: 'json2' };
  const setup = await startBridge(t, { odoo: { ...real, ...bot }, environment, install: false });
  await installAsAdministrator(setup, real);
  const app = appPerson(setup.app.url);
  const admin = odooPerson(real);
  const { context, schedule } = setup.bridge;
  const calm = () => waitUntil('the queue is empty', async () => (await context.reports.queue()).depth === 0);
  const leads = async () => {
    const fields = ['type', 'partner_id', 'user_id', 'x_bridge_destination', 'active', 'expected_revenue'];
    const args = { domain: [['name', '=', 'Riga']], fields, load: '' };
    return (await admin.call('crm.lead', 'search_read', args)) as Record<string, unknown>[];
  };
  const isKind = (kind: string) => async () => (await app.look('travels', id)).odoo_type === kind;

  const teacher = await app.create('teachers', { name: 'Lea Lead', email: 'lea@example.org' });
  const id = await app.create('travels', { title: 'Riga', teacher_id: teacher, destination: 'Riga' });
  const partner = await waitUntil('she is in Odoo', async () => (await admin.find('Lea Lead'))[0]);
  await waitUntil('the app knows it as a lead', isKind('lead'));
  t.match(await leads(), [{ type: 'lead', partner_id: partner.id, user_id: false, x_bridge_destination: 'Riga' }]);

  await app.edit('travels', id, { status: 'quote_validated', quote_amount: '900.00', currency: 'EUR' });
  await waitUntil('its quote is there', async () => (await leads())[0]?.expected_revenue === 900);
  await calm();
  t.match(await leads(), [{ type: 'lead', partner_id: partner.id }], 'a quote makes no opportunity of it');
  await app.edit('travels', id, { status: 'invoiced' });
  await waitUntil('the app knows it as an opportunity', isKind('opportunity'));
  t.match(await leads(), [{ type: 'opportunity', partner_id: partner.id, user_id: false, active: true }]);

  const owner = { entity: 'travel', id };
  const file = await app.create('documents', { kind: 'travel_document', owner, filename: 'programme.pdf' });
  await app.upload(file, new Uint8Array(Buffer.from('%PDF-1.4 programme')), 'application/pdf');
  const attached = { domain: [['name', '=', 'programme.pdf']], fields: ['res_model', 'res_id'] };
  const [{ id: leadId } = {}] = await leads();
  const programme = await waitUntil('its programme is in Odoo', async () => {
    const rows = (await admin.call('ir.attachment', 'search_read', attached)) as Record<string, unknown>[];
    return rows.length > 0 ? rows : undefined;
  });
  t.match(programme, [{ res_model: 'crm.lead', res_id: leadId }]);

  await app.edit('travels', id, { status: 'cancelled' });
  await waitUntil('it is lost', async () => (await leads())[0]?.active === false);
  await calm();
  await schedule.pollNow();
  await calm();
  const { parked, held } = await context.reports.queue();
  t.same({ parked, held }, { parked: 0, held: 0 });
  t.equal((await leads()).length, 1);
});

/** The box "Leads" in the settings of the CRM. */
async function giveLeads(real: RealOdoo): Promise<void> {
  const { call } = odooPerson(real);
  const [id] = (await call('res.config.settings', 'create', { vals_list: [{ group_use_lead: true }] })) as [number];
  await call('res.config.settings', 'execute', {}, [id]);
}
