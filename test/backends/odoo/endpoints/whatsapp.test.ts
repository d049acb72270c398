/**
 * Against a server that has the fields which the two modules are known to have: neither can be installed here, one for
 * its licence, the other for its version. Not a word of this was tried on the modules themselves.
 */
import t, { type Test } from 'tap';
import {
  detectWhatsapp,
  isOnBlacklist,
  type NewWhatsappMessage,
  readWhatsappState,
  sendWhatsapp,
} from '../../../../src/backends/odoo/endpoints/whatsapp.ts';
import { createJson2Transport } from '../../../../src/backends/odoo/json2-transport.ts';
import { createOdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { type Args, type StubMethod, searchRead, startStubOdoo } from '../../../support/stub-odoo.ts';

type Methods = Readonly<Record<string, StubMethod>>;

const fields =
  (names: string): StubMethod =>
  () =>
    Object.fromEntries(names.split(' ').map((name) => [name, { type: 'char' }]));
const templates: StubMethod = ({ domain }) => (JSON.stringify(domain).includes('"welcome"') ? [5] : []);
const MESSAGE = { about: { model: 'res.partner', id: 12 }, template: 'welcome' };

const ENTERPRISE: Methods = {
  'whatsapp.composer.fields_get': fields(
    'id res_model res_ids wa_template_id phone batch_mode free_text_1 free_text_2',
  ),
  'whatsapp.template.search': templates,
  'whatsapp.composer.create': () => [40],
  'whatsapp.composer.search_read': searchRead([{ id: 40, phone: '+33 6 12 34 56 78' }]),
  'whatsapp.composer.action_send_whatsapp_template': () => [90],
  'whatsapp.message.fields_get': fields('failure_reason'),
  'whatsapp.message.search_read': searchRead([{ id: 90, state: 'error', failure_reason: 'no such number' }]),
};
const OCA: Methods = {
  'whatsapp.composer.fields_get': fields('id res_model res_id number_field_name template_id gateway_id body'),
  'mail.whatsapp.template.search': templates,
  'mail.whatsapp.template.search_read': searchRead([{ id: 5, body: 'Welcome to Rome' }]),
  'mail.message.search': ({ order }) => (order === 'id desc' ? [70] : [71]),
  'mail.gateway.search': () => [3],
  'whatsapp.composer.create': () => [41],
  'whatsapp.composer.action_send_whatsapp': () => false,
  'res.partner.search_read': searchRead([{ id: 12, phone: '0033 6 12 34 56 78' }]),
};

async function open(t: Test, methods: Methods) {
  const stub = await startStubOdoo(t, methods);
  const odoo = createOdooClient(createJson2Transport(stub));
  const called = (name: string): Args | undefined =>
    stub.calls.find((call) => call.name === `whatsapp.composer.${name}`)?.args;
  const send = (changes: Partial<NewWhatsappMessage> = {}) => sendWhatsapp(odoo, { ...MESSAGE, ...changes });
  return { odoo, send, called };
}

t.test('which module it is, its fields tell', async (t) => {
  t.equal(await detectWhatsapp((await open(t, ENTERPRISE)).odoo), 'enterprise');
  t.equal(await detectWhatsapp((await open(t, OCA)).odoo), 'oca');
  const none = await open(t, { 'res.partner.search_read': () => [] });
  await t.rejects(none.send(), { name: 'SetupError', code: 'whatsapp_not_installed', remedy: /mail_gateway_whatsapp/ });
  const third = await open(t, { 'whatsapp.composer.fields_get': fields('res_model res_id body') });
  await t.rejects(third.send(), { name: 'SetupError', code: 'whatsapp_unknown' });
  const refusing: Methods = {
    'whatsapp.composer.fields_get': () => {
      throw new Error('not now');
    },
  };
  await t.rejects((await open(t, refusing)).send(), { code: 'refused_by_odoo' });
});

t.test('Enterprise', async (t) => {
  const { odoo, send, called } = await open(t, ENTERPRISE);
  t.same(await send({ phone: '0033612345678', variables: ['Rome', '3'] }), [90]);
  const context = { active_model: 'res.partner', active_id: 12, active_ids: [12] };
  const values = {
    res_model: 'res.partner',
    res_ids: '[12]',
    wa_template_id: 5,
    free_text_1: 'Rome',
    free_text_2: '3',
  };
  t.same(called('create'), { vals_list: [{ ...values, phone: '0033612345678' }], context });
  t.same(called('action_send_whatsapp_template'), { ids: [40], context });
  t.same(await readWhatsappState(odoo, 90), { state: 'error', failure_reason: 'no such number' });
  t.equal(await readWhatsappState(odoo, 91), null);

  const quiet = await open(t, { ...ENTERPRISE, 'whatsapp.composer.action_send_whatsapp_template': () => true });
  t.same(await quiet.send(), [], 'a version that does not tell the messages');
  t.equal(quiet.called('search_read'), undefined, 'without a number of our own nothing is compared');
  const older = await open(t, { ...ENTERPRISE, 'whatsapp.message.fields_get': () => ({}) });
  t.same(await readWhatsappState(older.odoo, 90), { state: 'error', failure_reason: null });
  t.equal(await readWhatsappState(older.odoo, 91), null);
});

t.test('what is not sent', async (t) => {
  for (const methods of [ENTERPRISE, OCA]) {
    const { send, called } = await open(t, methods);
    const differs = { name: 'TerminalError', code: 'phone_differs', message: /^[^\d]*$/ };
    await t.rejects(send({ phone: '+44 7700 900123' }), differs, 'and no number is in the error');
    await t.rejects(send({ template: 'unknown' }), { name: 'TerminalError', code: 'unknown_template' });
    await t.rejects(send({ about: { model: 'res.partner', id: 0 } }), { code: 'invalid_input' });
    t.equal(called('action_send_whatsapp_template') ?? called('action_send_whatsapp'), undefined);
  }
  const gone = await open(t, { ...ENTERPRISE, 'whatsapp.composer.search_read': () => [] });
  await t.rejects(gone.send({ phone: '1234' }), { code: 'phone_differs' });
  const noPartner = await open(t, { ...OCA, 'res.partner.search_read': () => [] });
  await t.rejects(noPartner.send({ phone: '1234' }), { code: 'phone_differs' });
});

t.test('the OCA', async (t) => {
  const { send, called } = await open(t, OCA);
  t.same(await send({ phone: '+33612345678' }), [71], 'the message that was not there before');
  const values = {
    ...{ res_model: 'res.partner', res_id: 12, number_field_name: 'phone' },
    ...{ template_id: 5, gateway_id: 3, body: 'Welcome to Rome' },
  };
  t.match(called('create'), { vals_list: [values], context: { active_id: 12 } });
  t.match(called('action_send_whatsapp'), { ids: [41] });
  await t.rejects(send({ variables: ['Rome'] }), { name: 'TerminalError', code: 'no_variables' });
  const without = await open(t, { ...OCA, 'mail.gateway.search': () => [] });
  await t.rejects(without.send(), { name: 'SetupError', code: 'whatsapp_no_gateway' });
  const silent: Methods = {
    ...OCA,
    'mail.whatsapp.template.search_read': () => [],
    'mail.message.search': ({ order }) => {
      if (order === 'id desc') return [];
      throw new Error('not now');
    },
  };
  const unheard = await open(t, silent);
  t.same(await unheard.send(), [], 'sent, but which message it is cannot be told');
  t.match(unheard.called('create'), { vals_list: [{ body: 'welcome' }] });
});

t.test('who said no', async (t) => {
  const list = {
    'phone.blacklist.search_read': () => [
      { id: 1, number: '+33612345678' },
      { id: 2, number: false },
    ],
  };
  const { odoo } = await open(t, list);
  t.equal(await isOnBlacklist(odoo, '0033 6 12 34 56 78'), true);
  t.equal(await isOnBlacklist(odoo, '+33 6 12 34 56 7'), false);
  t.equal(await isOnBlacklist((await open(t, ENTERPRISE)).odoo, '+33612345678'), false, 'Odoo keeps no such list');
  const refusing = {
    'phone.blacklist.search_read': () => {
      throw new Error('not now');
    },
  };
  await t.rejects(isOnBlacklist((await open(t, refusing)).odoo, '1234'), { code: 'refused_by_odoo' });
});
