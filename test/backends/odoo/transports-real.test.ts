/** What a real Odoo 19 says when something is wrong, and what the bridge makes of it, through both transports. */
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import { connectOdoo } from '../../../src/backends/odoo/connect-odoo.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { ClockReading, OdooCall, OdooTransport, RpcValue } from '../../../src/backends/odoo/transport.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { type RealOdoo, realOdoo } from '../../support/odoo-lab.ts';

t.setTimeout(280_000);

const KINDS = { xmlrpc: createXmlrpcTransport, json2: createJson2Transport };
const model = 'res.partner';
const GONE = 999_999_999;

const setUp = (code: string, remedy: RegExp) => ({ name: 'SetupError', code, remedy });
const park = (code: string, message = /./) => ({ name: 'TerminalError', code, message });

async function createPartner(odoo: OdooTransport, values: Readonly<Record<string, RpcValue>>): Promise<number> {
  const ids = await odoo.call({ model, method: 'create', args: { vals_list: [{ name: 'Ada', ...values }] } });
  return (ids as number[])[0] as number;
}

async function read(odoo: OdooTransport, id: number, fields: readonly string[]): Promise<Record<string, unknown>> {
  const rows = await odoo.call({ model, method: 'read', ids: [id], args: { fields, load: '' } });
  return (rows as Record<string, unknown>[])[0] ?? {};
}

async function checkErrors(t: Test, odoo: OdooTransport): Promise<void> {
  const id = await createPartner(odoo, {});
  const write = (vals: Readonly<Record<string, RpcValue>>, to = id) => ({
    model,
    method: 'write',
    ids: [to],
    args: { vals },
  });
  const search = (domain: RpcValue) => ({ model, method: 'search', args: { domain } });
  const [france] = (await odoo.call({ ...search([['code', '=', 'FR']]), model: 'res.country' })) as number[];
  const refused = (message: RegExp) => park('refused_by_odoo', message);
  const cases: readonly (readonly [string, OdooCall, object])[] = [
    ['unknown model', { ...search([]), model: 'no.model' }, setUp('missing_module', /Install/)],
    ['unknown method', { model, method: 'no_method', ids: [id] }, setUp('unknown_method', /version/)],
    ['private method', { model, method: '_write', ids: [id] }, setUp('access_denied', /groups/)],
    ['unknown field to search', search([['zzz', '=', 1]]), setUp('missing_field', /Install/)],
    ['unknown field to write', write({ zzz: 1 }), setUp('missing_field', /Install/)],
    ['missing record to write', write({ city: 'x' }, GONE), park('missing_record')],
    ['missing record to delete', { model, method: 'unlink', ids: [GONE] }, park('missing_record')],
    ['missing record to refer to', write({ parent_id: GONE }), park('missing_record')],
    ['no name', write({ name: false }), refused(/require a name/)],
    [
      'wrong tax number',
      write({ country_id: france ?? 0, vat: 'FR1234567890' }),
      refused(/partner \[…\] does not seem/),
    ],
    ['a posted invoice without lines', await draftInvoice(odoo, id), refused(/post/)],
    ['a wrong choice', write({ type: 'zz' }), park('odoo_error', /ValueError/)],
    ['a wrong date', { ...write({ invoice_date: 'yesterday' }), model: 'account.move' }, park('missing_record')],
    ['a time with a zone', search([['write_date', '>', '2026-01-01T00:00:00Z']]), park('odoo_error', /ValueError/)],
    ['a language that is not installed', { ...search([]), context: { lang: 'xx_XX' } }, refused(/language/)],
    ['too short a deadline', { ...search([]), timeoutMs: 1 }, { name: 'RetryableError', code: 'odoo_timeout' }],
    ['a text that cannot be stored', write({ city: 's3cret\u0000' }), park('unstorable_value', /vals\.city/)],
  ];
  for (const [what, call, expected] of cases) {
    const error: unknown = await odoo.call(call).then(String, (reason: unknown) => reason);
    t.match(error, expected, what);
    t.notMatch(
      inspect(error, { depth: 9, showHidden: true }),
      /FR123|s3cret|File "|methodCall/,
      `${what}: no value in it`,
    );
  }
  t.same(
    await odoo.call({ model, method: 'read', ids: [GONE], args: { fields: ['name'] } }),
    [],
    'a missing record reads as none',
  );
}

/** A draft that cannot be posted, and the call that tries. */
async function draftInvoice(odoo: OdooTransport, partner: number): Promise<OdooCall> {
  const vals_list = [{ move_type: 'out_invoice', partner_id: partner }];
  const ids = (await odoo.call({ model: 'account.move', method: 'create', args: { vals_list } })) as number[];
  return { model: 'account.move', method: 'action_post', ids };
}

async function checkValues(t: Test, odoo: OdooTransport): Promise<void> {
  const forging = 'a]]>b]]></string></value></member><member><name>phone</name><value><string><![CDATA[forged';
  const texts = [forging, '<b>Ada</b> & Co', 'é 😀 \u2028', 'line\r\nline &\r\nend', '  blanks  ', ']]>', '&amp;'];
  const id = await createPartner(odoo, {});
  for (const text of texts) {
    await odoo.call({ model, method: 'write', ids: [id], args: { vals: { street: text } } });
    t.match(await read(odoo, id, ['street', 'phone']), { street: text, phone: false }, encodeURI(text));
  }
  await odoo.call({
    model,
    method: 'write',
    ids: [id],
    args: { vals: { partner_latitude: 1, color: 2, street: null } },
  });
  t.match(await read(odoo, id, ['partner_latitude', 'color', 'street']), {
    partner_latitude: 1,
    color: 2,
    street: false,
  });
  const invoice = await postInvoice(odoo, id);
  t.equal(await odoo.call({ model: 'account.move', method: 'button_draft', ids: [invoice] }), null, "Python's None");
  const state = { model: 'account.move', method: 'read', ids: [invoice], args: { fields: ['state'] } };
  t.match(await odoo.call(state), [{ state: 'draft' }], 'and what it did is there');
}

async function postInvoice(odoo: OdooTransport, partner: number): Promise<number> {
  const invoice_line_ids = [[0, 0, { name: 'Travel', quantity: 1, price_unit: 9.5, tax_ids: [[6, 0, []]] }]];
  const vals_list = [{ move_type: 'out_invoice', partner_id: partner, invoice_line_ids }];
  const ids = (await odoo.call({ model: 'account.move', method: 'create', args: { vals_list } })) as number[];
  await odoo.call({ model: 'account.move', method: 'action_post', ids });
  return ids[0] as number;
}

async function checkSignIn(t: Test, real: RealOdoo, kind: keyof typeof KINDS): Promise<void> {
  const open = KINDS[kind];
  const call = { model, method: 'search_count', args: { domain: [] } };
  const credentials = setUp('invalid_credentials', /ODOO_USERNAME and ODOO_API_KEY/);
  await t.rejects(open({ ...real, apiKey: 'wrong' }).call(call), credentials, 'a wrong key');
  await t.rejects(open({ ...real, apiKey: 'wrong' }).userId(), credentials);
  await t.rejects(open({ ...real, database: 'no_such_database' }).call(call), setUp('unknown_database', /ODOO_DB/));
  if (kind === 'xmlrpc')
    await t.rejects(open({ ...real, username: 'nobody' }).call(call), credentials, 'an unknown user');

  const reader = await real.createUser({ login: `reader-${kind}`, groups: ['base.group_user'] });
  const odoo = open({ ...real, ...reader });
  const uid = await odoo.userId();
  t.equal(uid, Number(await real.lab.psql(`select id from res_users where login = '${reader.username}'`)));
  const write = { model, method: 'write', ids: [1], args: { vals: { city: 'x' } } };
  const message = /^Access denied: You are not allowed to modify 'Contact' \(res\.partner\) records\. .*groups: - .*\//;
  await t.rejects(odoo.call(write), { ...setUp('access_denied', /groups/), message }, 'model, right and groups');

  await real.lab.psql(`delete from res_users_apikeys where user_id = ${uid}`);
  const admin = open(real);
  await admin.call({ model: 'res.users', method: 'write', ids: [uid], args: { vals: { active: false } } });
  await t.rejects(odoo.call(call), credentials, 'archived after the login');
  await admin.call({ model: 'res.users', method: 'unlink', ids: [uid] });
  await t.rejects(odoo.call(call), credentials, 'deleted after the login');
}

t.test('a real Odoo 19', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  for (const [kind, open] of Object.entries(KINDS)) {
    const readings: ClockReading[] = [];
    const odoo = open({ ...real, onClockReading: (reading) => readings.push(reading) });
    await t.test(`${kind}: errors`, (t) => checkErrors(t, odoo));
    await t.test(`${kind}: values`, (t) => checkValues(t, odoo));
    await t.test(`${kind}: signing in`, (t) => checkSignIn(t, real, kind as keyof typeof KINDS));
    const { serverDate = 0, sentAt = 0, receivedAt = 0 } = readings.at(-1) ?? {};
    t.ok(serverDate > sentAt - 2_000 && serverDate <= receivedAt, `${kind}: the time of the answer`);
    const small = open({ ...real, maxResponseBytes: 2_000 });
    const all = { model: 'res.country', method: 'search_read', args: { domain: [], fields: ['name'] } };
    await t.rejects(small.call(all), park('odoo_answer_too_large'), `${kind}: more than wanted`);
  }
  const { transport, version } = await connectOdoo({ ...real, transport: 'auto' });
  t.match([transport.kind, version.major], ['json2', 19]);
  const below = createJson2Transport({ ...real, url: `${real.url}/odoo` });
  const search = { model, method: 'search', args: { domain: [] } };
  await t.rejects(below.call(search), setUp('html_answer', /ODOO_URL/));
  for (const [path, code] of Object.entries({
    '/nowhere': 'html_answer',
    '/web/login': 'html_answer',
    '/odoo': 'redirected',
  })) {
    const connection = connectOdoo({ ...real, url: `${real.url}${path}`, transport: 'auto' });
    await t.rejects(connection, setUp(code, /ODOO_URL/), path);
  }
});
