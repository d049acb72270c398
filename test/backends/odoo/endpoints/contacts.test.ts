import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../../../sandbox/odoo-simulator/start-simulator.ts';
import { connectOdoo } from '../../../../src/backends/odoo/connect-odoo.ts';
import {
  archiveContact,
  createContact,
  createCustomer,
  findContactById,
  findContactsByEmail,
  listContacts,
  restoreContact,
  updateContact,
} from '../../../../src/backends/odoo/endpoints/contacts.ts';
import { createJson2Transport } from '../../../../src/backends/odoo/json2-transport.ts';
import { createOdooClient, type OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../../../src/backends/odoo/xmlrpc-transport.ts';
import { traceError } from '../../../support/error-traces.ts';
import { silence, startFaultyServer } from '../../../support/faulty-server.ts';
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
  const found = await findContactsByEmail(odoo, ` ${email} `);
  t.match(found, [{ ...given, id, country_id: null, parent_id: null, vat: null, active: true, write_date: /^\d{4}-/ }]);
  const rank = { model: 'res.partner', method: 'read', ids: [id], args: { fields: ['customer_rank'], load: '' } };
  t.match(await odoo.transport.call(rank), [{ customer_rank: 1 }], 'counts as a customer');

  await updateContact(odoo, id, { phone: null, city: 'Lyon' });
  t.match(await findContactById(odoo, id), { name: given.name, phone: null, city: 'Lyon', street: given.street });
  const mine = { domain: [['email_normalized', '=', email]] };
  await archiveContact(odoo, id, { quiet: true });
  t.match(await findContactById(odoo, id), { active: false });
  t.same(await listContacts(odoo, mine), []);
  t.match(await listContacts(odoo, { ...mine, archived: true }), [{ id }]);
  t.match(await findContactsByEmail(odoo, email), [{ id, active: false }], 'archived ones are found');
  t.equal(await findContactById(odoo, 999_999_999), null);
  t.same(await findContactsByEmail(odoo, `nobody-${email}`), []);
  t.same(await findContactsByEmail(odoo, ' '), [], 'not all who have none');
  await restoreContact(odoo, id);
  t.match(await listContacts(odoo, mine), [{ id, active: true }]);
  t.ok((await listContacts(odoo)).some((contact) => contact.id === id));

  const error = { name: 'TerminalError', code: 'refused_by_odoo' };
  await t.rejects(updateContact(odoo, id, { name: null }), error);
  await t.rejects(updateContact(odoo, 999_999_999, { city: 'x' }), { code: 'missing_record' });
  await t.rejects(updateContact(odoo, id, { name: 'a\u0000' }), { code: 'unstorable_value', message: /vals\.name/ });

  const school = await createContact(odoo, { name: `School ${mark}`, is_company: true, street: 'school street' });
  const one = await createContact(odoo, { name: `One ${mark}`, parent_id: school, street: 'street one' });
  const two = await createContact(odoo, { name: `Two ${mark}`, street: 'street two' });
  await updateContact(odoo, two, { parent_id: school });
  await updateContact(odoo, one, { street: 'street one b' });
  t.match(await findContactById(odoo, school), { street: 'school street' }, 'the school keeps its address');
  t.match(await findContactById(odoo, one), { street: 'street one b', parent_id: school });
  t.match(await findContactById(odoo, two), { street: 'street two', parent_id: school }, 'and so does the colleague');
}

t.test('what a program gives is looked at before anything is sent', async (t) => {
  const server = await startFaultyServer(t, silence);
  const options = { url: server.url, database: 'd', username: 'u', apiKey: 'k' };
  const odoo = createOdooClient(createJson2Transport(options));
  const wrong = (field: string) => ({
    name: 'TerminalError',
    code: 'invalid_input',
    message: new RegExp(`"${field}"`),
  });
  const cases: readonly (readonly [object, string])[] = [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 's3cret', email: 5 }, 'email'],
    [{ name: 's3cret', phone: undefined }, 'phone'],
    [{ name: 's3cret', country_id: 's3cret' }, 'country_id'],
    [{ name: 's3cret', parent_id: 0 }, 'parent_id'],
    [{ name: 's3cret', nmae: 's3cret' }, 'nmae'],
  ];
  for (const [contact, field] of cases) {
    for (const create of [createContact, createCustomer]) {
      const error: unknown = await create(odoo, contact as never).then(String, (reason: unknown) => reason);
      t.match(error, wrong(field));
      t.notMatch(traceError(error), /s3cret/);
    }
  }
  await t.rejects(updateContact(odoo, 1, { name: null, city: 7 as never }), wrong('city'));
  const notAnId = { code: 'invalid_input', message: 'The call to Odoo was given a value of a wrong kind.' };
  await t.rejects(updateContact(odoo, 1, 's3cret' as never), notAnId);
  for (const id of [0, -1, 1.5, '1' as never, Number.NaN]) {
    await t.rejects(updateContact(odoo, id, {}), notAnId);
    await t.rejects(findContactById(odoo, id), notAnId);
    await t.rejects(archiveContact(odoo, id), notAnId);
    await t.rejects(restoreContact(odoo, id), notAnId);
  }
  t.equal(server.asked.length, 0);
});

for (const [kind, create] of Object.entries(KINDS)) {
  t.test(`contacts over ${kind}, simulator`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    await checkContacts(t, createOdooClient(create(simulator)), `sim-${kind}`);
  });
}

t.test('contacts on a real Odoo 19', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  for (const [kind, create] of Object.entries(KINDS))
    await checkContacts(t, createOdooClient(create(real)), `real-${kind}`);
});

t.test('contacts on a real Odoo 14', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t, { version: 14 });
  if (!real) return;
  const { transport, version } = await connectOdoo({ ...real, transport: 'auto' });
  t.match([transport.kind, version], ['xmlrpc', { major: 14, full: '14.0' }]);
  await checkContacts(t, createOdooClient(transport), 'fourteen');
});
