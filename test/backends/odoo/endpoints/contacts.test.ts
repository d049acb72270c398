import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../../../sandbox/odoo-simulator/start-simulator.ts';
import {
  archiveContact,
  createContact,
  createCustomer,
  findByEmail,
  findById,
  updateContact,
} from '../../../../src/backends/odoo/endpoints/contacts.ts';
import { createJson2Transport } from '../../../../src/backends/odoo/json2-transport.ts';
import { type OdooClient, odooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../../../src/backends/odoo/xmlrpc-transport.ts';
import { realOdoo } from '../../../support/odoo-lab.ts';

t.setTimeout(280_000);

const KINDS = { xmlrpc: createXmlrpcTransport, json2: createJson2Transport };

async function checkContacts(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const email = `${mark}@example.com`;
  const given = {
    name: `Ada & <Ada> ]]> ${mark}`,
    email: `"Ada" <${email.toUpperCase()}>`,
    phone: '+33 1 23 45 67 89',
    street: '1 rue de Rivoli',
    street2: null,
    zip: '75001',
    city: 'Paris',
    is_company: false,
  };
  const id = await createCustomer(odoo, given);
  const found = await findByEmail(odoo, ` ${email} `);
  t.match(found, [{ ...given, id, country_id: null, parent_id: null, vat: null, active: true, write_date: /^\d{4}-/ }]);
  const rank = { model: 'res.partner', method: 'read', ids: [id], args: { fields: ['customer_rank'], load: '' } };
  t.match(await odoo.transport.call(rank), [{ customer_rank: 1 }], 'counts as a customer');

  await updateContact(odoo, id, { phone: null, city: 'Lyon' });
  t.match(await findById(odoo, id), { name: given.name, phone: null, city: 'Lyon', street: given.street });
  await archiveContact(odoo, id, { quiet: true });
  t.match(await findById(odoo, id), { active: false });
  t.match(await findByEmail(odoo, email), [{ id, active: false }], 'archived ones are found');
  t.equal(await findById(odoo, 999_999_999), null);
  t.same(await findByEmail(odoo, `nobody-${email}`), []);

  const error = { name: 'TerminalError', code: 'refused_by_odoo' };
  await t.rejects(updateContact(odoo, id, { name: null }), error);
  await t.rejects(updateContact(odoo, 999_999_999, { city: 'x' }), { code: 'missing_record' });
  await t.rejects(updateContact(odoo, id, { name: 'a\u0000' }), { code: 'unstorable_value', message: /vals\.name/ });

  const school = await createContact(odoo, { name: `School ${mark}`, is_company: true, street: 'school street' });
  const one = await createContact(odoo, { name: `One ${mark}`, parent_id: school, street: 'street one' });
  const two = await createContact(odoo, { name: `Two ${mark}`, street: 'street two' });
  await updateContact(odoo, two, { parent_id: school });
  await updateContact(odoo, one, { street: 'street one b' });
  t.match(await findById(odoo, school), { street: 'school street' }, 'the school keeps its address');
  t.match(await findById(odoo, one), { street: 'street one b', parent_id: school });
  t.match(await findById(odoo, two), { street: 'street two', parent_id: school }, 'and so does the colleague');
}

for (const [kind, create] of Object.entries(KINDS)) {
  t.test(`contacts over ${kind}, simulator`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    await checkContacts(t, odooClient(create(simulator)), `sim-${kind}`);
  });
}

t.test('contacts on a real Odoo 19', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  for (const [kind, create] of Object.entries(KINDS)) await checkContacts(t, odooClient(create(real)), `real-${kind}`);
});
