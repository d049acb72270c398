import t, { type Test } from 'tap';
import { createContact, findContactById } from '../../../../src/backends/odoo/endpoints/contacts.ts';
import {
  convertToOpportunity,
  createLead,
  findLeadById,
  findLeads,
  findLeadsByEmail,
  markLost,
  markWon,
  updateLead,
} from '../../../../src/backends/odoo/endpoints/crm.ts';
import type { OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { eachTransport } from '../../../support/each-transport.ts';

t.setTimeout(280_000);

async function checkLeads(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const email = `ada@${mark}.example.com`;
  const partner_id = await createContact(odoo, { name: `Ada ${mark}`, email });
  const given = { name: 'Rome <3 days>', partner_id, expected_revenue: '1234.50', date_deadline: '2027-01-31' };
  const id = await createLead(odoo, given);
  t.match(await findLeadById(odoo, id), {
    ...given,
    id,
    type: 'lead',
    user_id: null,
    expected_revenue: 1234.5,
    email_from: email,
    active: true,
    tag_ids: [],
  });
  t.match(await findLeadsByEmail(odoo, ` ${email.toUpperCase()}`), [{ id }]);
  t.same(await findLeadsByEmail(odoo, ' '), [], 'not all that have none');

  const [tag] = await odoo.create('crm.tag', [{ name: `VIP ${mark}` }]);
  await updateLead(odoo, id, { contact_name: 'A. L.', date_deadline: null, tag_ids: [Number(tag)] });
  t.match(await findLeadById(odoo, id), { contact_name: 'A. L.', date_deadline: null, tag_ids: [tag], partner_id });

  const salesperson = await odoo.transport.userId();
  await updateLead(odoo, id, { user_id: salesperson });
  const opportunity = {
    type: 'opportunity',
    partner_id,
    user_id: salesperson,
    contact_name: 'A. L.',
    email_from: email,
  };
  t.match(await convertToOpportunity(odoo, id), opportunity, 'nothing is lost on the way');
  const converted = { model: 'crm.lead', method: 'read', ids: [id], args: { fields: ['date_conversion'], load: '' } };
  const [before] = (await odoo.transport.call(converted)) as [{ date_conversion: string }];
  t.match(before.date_conversion, /^\d{4}-/);
  t.match(await convertToOpportunity(odoo, id), opportunity);
  t.same(await odoo.transport.call(converted), [before], 'the second time does nothing');
  t.match(await findContactById(odoo, partner_id), { name: `Ada ${mark}`, email }, 'the partner is as it was');

  t.match(await markWon(odoo, id), { probability: 100, active: true, partner_id });
  const alone = await createLead(odoo, { name: 'Alone', type: 'opportunity', email_from: 'nobody@example.com' });
  t.match(await findLeadById(odoo, alone), { type: 'opportunity', partner_id: null, email_from: 'nobody@example.com' });
  const mine = { domain: [['id', 'in', [id, alone]]] };
  t.equal((await findLeads(odoo, mine)).length, 2);
  await t.rejects(markLost(odoo, alone, 'no such reason'), { code: 'unknown_reason', message: /Too expensive/ });
  t.match(await markLost(odoo, alone, ' too EXPENSIVE '), { active: false, probability: 0 });
  t.match(await findLeads(odoo, mine), [{ id }], 'lost ones are hidden');
  t.equal((await findLeads(odoo, { ...mine, archived: true })).length, 2);
  const reason = { model: 'crm.lead', method: 'read', ids: [alone], args: { fields: ['lost_reason_id'] } };
  t.match(await odoo.transport.call(reason), [{ lost_reason_id: [/\d/, 'Too expensive'] }]);

  const lead = await createLead(odoo, { name: 'Never mind', user_id: salesperson });
  t.match(await markLost(odoo, lead), { active: false });
  await t.rejects(convertToOpportunity(odoo, lead), { name: 'TerminalError', code: 'lead_closed' });
  t.equal(
    (await findLeads(odoo)).some((found) => found.id === lead),
    false,
  );
  t.equal(await findLeadById(odoo, 999_999_999), null);
  await t.rejects(convertToOpportunity(odoo, 999_999_999), { code: 'missing_record' });
  await t.rejects(updateLead(odoo, 999_999_999, { name: 'x' }), { code: 'missing_record' });
  await t.rejects(createLead(odoo, { name: '' }), { code: 'invalid_input', message: /"name"/ });
  await t.rejects(updateLead(odoo, id, { expected_revenue: 'much' }), {
    code: 'invalid_input',
    message: /"expected_revenue"/,
  });
}

eachTransport(t, checkLeads);
