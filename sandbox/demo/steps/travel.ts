/** A travel, from the form to the quote, with an apartment and a paper; only where Odoo has its apps for that. */
import { createHash } from 'node:crypto';
import type { RpcValue } from '../../../src/backends/odoo/transport.ts';
import { appOffice } from '../../people/office.ts';
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

/** The only record in Odoo that fits and is as it should be. */
async function one(
  { odoo }: Stage,
  model: string,
  domain: RpcValue,
  isRight: (row: Fields) => boolean = () => true,
): Promise<Fields> {
  const call = () => odoo.call(model, 'search_read', { domain, load: '', order: 'id' });
  return waitUntil(
    `${model} is as in the app`,
    async () => {
      const rows = (await call()) as Fields[];
      return rows.length === 1 && rows[0] && isRight(rows[0]) ? rows[0] : undefined;
    },
    PATIENCE_MS,
  );
}

export async function letAnApartment(stage: Stage): Promise<string> {
  const { app, odoo, named } = stage;
  const name = named('Studio Canebière');
  const place = { street: '1 La Canebière', zip: '13001', city: 'Marseille', country: 'FR' };
  const id = await appOffice(app).enterApartment(name, { price: '95.00', currency: 'EUR', ...place });
  const product = await one(stage, 'product.template', [['name', '=', name]], (row) => row.list_price === 95);
  check(product.x_bridge_city === 'Marseille', 'the address is in the catalogue as well');
  await odoo.call('product.template', 'write', { vals: { list_price: 120 } }, [Number(product.id)]);
  const costs = async () => (await app.look('apartments', id)).price === '120.00';
  await waitUntil('the new price is in the app', costs, PATIENCE_MS);
  return 'in the catalogue of Odoo; a price changed there is in the app';
}

export async function orderATravel(stage: Stage): Promise<string> {
  const { app, odoo, named } = stage;
  const office = appOffice(app);
  const [teacher, title] = [named('Inès Voyage'), named('Rome 2027')];
  const teacherId = await app.create('teachers', { name: teacher });
  const form = { destination: 'Rome', start_date: '2027-03-01', end_date: '2027-03-06', participants: 28 };
  const id = await office.submitTravel(teacherId, title, form);
  const { id: partnerId } = await odoo.appears(teacher);
  const lead = await one(stage, 'crm.lead', [['name', '=', title]], (row) => row.partner_id === partnerId);
  check(lead.x_bridge_destination === 'Rome' && lead.x_bridge_participants === 28, 'the lead tells where and how many');
  await office.validateQuote(id, '8400.00');
  await one(stage, 'crm.lead', [['name', '=', title]], (row) => row.expected_revenue === 8400);
  const isTold = async () => (await app.look('travels', id)).odoo_stage === 'Proposition';
  await waitUntil('its stage is in the app', isTold, PATIENCE_MS);
  const bytes = new Uint8Array(Buffer.from('%PDF-1.4 the contract'));
  const filename = `${named('contract')}.pdf`;
  await office.fileDocument({ entity: 'travel', id }, filename, bytes, { kind: 'contract' });
  const paper = await one(stage, 'ir.attachment', [['name', '=', filename]]);
  check(paper.res_model === 'crm.lead' && paper.res_id === lead.id, 'the contract hangs on the lead');
  check(paper.checksum === createHash('sha1').update(bytes).digest('hex'), 'to the byte');
  return 'a lead of its teacher, moved on by the quote, with its contract';
}
