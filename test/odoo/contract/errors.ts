/** What Odoo says when it refuses: the code and text of the fault, the status and class of the JSON-2 answer. */
import type { Test } from 'tap';
import type { OdooCall } from '../../../src/backends/odoo/transport.ts';
import { type ContractOdoo, countryId, create } from './contract-odoo.ts';
import { dialectOf } from './dialect.ts';
import { describeBody, postJson, postXml } from './raw-calls.ts';
import {
  ACCESS,
  ARGUMENTS,
  FIELD,
  LINKED,
  MISSING,
  NOT_FOUND,
  type Refusal,
  setUp,
  terminal,
  USER,
  VALIDATION,
  VALUE,
} from './refusals.ts';

export async function checkRefused(t: Test, odoo: ContractOdoo, what: string, call: OdooCall, refusal: Refusal) {
  const { fault: code, status, name, text, error } = refusal;
  const answer = await odoo.raw(call);
  const expected = odoo.transport === 'xmlrpc' ? { kind: 'fault', code, text } : { kind: 'status', status, name, text };
  t.match(answer, expected, what);
  await t.rejects(odoo.call(call), error, `${what}: ${error.name} ${error.code}`);
}

export async function checkErrors(t: Test, odoo: ContractOdoo): Promise<void> {
  const id = await create(odoo, {});
  const france = await countryId(odoo, 'FR');
  const model = 'res.partner';
  const search = (domain: unknown) => ({ model, method: 'search', args: { domain } as never });
  const write = (vals: unknown, to = id) => ({ model, method: 'write', ids: [to], args: { vals } as never });
  const gone = 999_999_999;
  // JSON-2 looks at the arguments before it calls, and says so by a status of its own
  const argument = terminal(odoo.transport === 'xmlrpc' ? 'odoo_error' : 'refused_by_odoo');
  const cases: readonly (readonly [string, OdooCall, Refusal])[] = [
    [
      'unknown model',
      { model: 'no.such.model', method: 'search', args: { domain: [] } },
      {
        ...NOT_FOUND,
        ...setUp('missing_module'),
        fault: 2,
        text: /(Object no\.such\.model doesn't exist|the model 'no\.such\.model' does not exist)/,
      },
    ],
    [
      'unknown method',
      { model, method: 'no_such_method', ids: [id] },
      {
        ...NOT_FOUND,
        ...setUp('unknown_method'),
        fault: 1,
        text: /The method 'res\.partner\.no_such_method' does not exist/,
      },
    ],
    ['private method', { model, method: '_write', ids: [id] }, { ...ACCESS, text: /^Private methods \(such as/ }],
    [
      'unknown argument',
      { model, method: 'search', args: { domain: [], no_such: 1 } },
      { ...ARGUMENTS, ...argument, text: /got an unexpected keyword argument 'no_such'/ },
    ],
    [
      'missing argument',
      { model, method: 'search' },
      { ...ARGUMENTS, ...argument, text: /missing .* argument: 'domain'/ },
    ],
    [
      'unknown field in a domain',
      search([['no_such', '=', 1]]),
      { ...FIELD, text: /Invalid field res\.partner\.no_such/ },
    ],
    [
      'unknown field to read',
      { model, method: 'read', ids: [id], args: { fields: ['no_such'] } },
      { ...FIELD, text: /Invalid field 'no_such' on 'res\.partner'/ },
    ],
    [
      'field that is gone in 19',
      { model, method: 'read', ids: [id], args: { fields: ['mobile'] } },
      { ...FIELD, text: /Invalid field 'mobile'/ },
    ],
    ['unknown field to write', write({ no_such: 1 }), { ...FIELD, name: 'builtins.KeyError', text: /no_such/ }],
    [
      'unknown field to create',
      { model, method: 'create', args: { vals_list: [{ name: 'x', no_such: 1 }] } },
      { ...FIELD, text: /Invalid field 'no_such' in 'res\.partner'/ },
    ],
    [
      'unknown field to order by',
      { model, method: 'search', args: { domain: [], order: 'no_such' } },
      { ...FIELD, text: /Invalid field 'no_such' on model/ },
    ],
    ['malformed domain', search(['&']), { ...VALUE, text: /malformed domain/ }],
    ['unknown operator', search([['id', 'zz', 1]]), { ...VALUE, text: /Invalid operator/ }],
    ['no time', search([['write_date', '>', 'nonsense']]), { ...VALUE, text: /Invalid term 'nonsense'/ }],
    ['time with a zone', search([['write_date', '>', '2026-01-01T00:00:00Z']]), { ...VALUE, text: /no timezone/ }],
    ['write to a missing record', write({ phone: '1' }, gone), MISSING],
    ['unlink of a missing record', { model, method: 'unlink', ids: [gone] }, MISSING],
    ['missing country', write({ country_id: gone }), MISSING],
    ['no such choice', write({ type: 'zz' }), { ...VALUE, text: /Wrong value for res\.partner\.type: 'zz'/ }],
    ['no number', write({ customer_rank: 'abc' }), { ...VALUE, text: /invalid literal for int\(\)/ }],
    ['contact without a name', write({ name: false }), { ...VALIDATION, text: /Contacts require a name/ }],
    ['its own parent', write({ parent_id: id }), { ...VALIDATION, text: /recursive Partner hierarchies/ }],
    [
      'bad tax number',
      write({ country_id: france, vat: 'FR123' }),
      { ...VALIDATION, text: /does not seem to be valid/ },
    ],
    ['tax number of one sign', write({ country_id: france, vat: 'x' }), { ...VALIDATION, text: /use '\/' instead/ }],
    [
      'language of the context',
      { ...search([]), context: { lang: 'xx_XX' } },
      { ...USER, text: /Invalid language code: xx_XX/ },
    ],
    [
      'archive of a user',
      write({ active: false }, 3),
      { ...LINKED, text: /cannot archive contacts linked to an active user/ },
    ],
    [
      'deletion of a user',
      { model, method: 'unlink', ids: [3] },
      { ...LINKED, text: /cannot delete contacts linked to an active user/ },
    ],
    [
      'unknown external id',
      { model: 'ir.model.data', method: 'check_object_reference', args: { module: 'base', xml_id: 'no_such' } },
      { ...VALUE, text: /External ID not found in the system: base\.no_such/ },
    ],
    [
      'unknown column to load',
      { model, method: 'load', args: { fields: ['id', 'no_such'], data: [['x.y', '1']] } },
      { ...FIELD, text: /Invalid field name 'no_such'/ },
    ],
  ];
  const { refusals } = dialectOf(odoo);
  for (const [what, call, refusal] of cases) {
    const instead = refusals[what];
    if (instead === null) t.ok((await odoo.raw(call)).kind === 'value', `${what}: no error here`);
    else await checkRefused(t, odoo, what, call, { ...refusal, ...instead });
  }
}

export async function checkSignIn(t: Test, odoo: ContractOdoo): Promise<void> {
  const { url, database, username, apiKey } = odoo;
  if (odoo.transport === 'xmlrpc') {
    const authenticate = (...params: unknown[]) => postXml(url, 'common', 'authenticate', [...params, {}]);
    t.match(await authenticate(database, username, apiKey), { kind: 'value', value: 2 });
    t.match(
      await authenticate(database, username, 'wrong'),
      { kind: 'value', value: false },
      'a wrong key is no fault',
    );
    t.match(await authenticate(database, 'nobody', apiKey), { kind: 'value', value: false });
    const nowhere = await authenticate('no_such_db', username, apiKey);
    t.match(nowhere, { kind: 'fault', code: 1, text: /OperationalError[\s\S]*database "no_such_db" does not exist/ });
    const execute = (uid: unknown, key: string) =>
      postXml(url, 'object', 'execute_kw', [database, uid, key, 'res.partner', 'search_count', [[]], {}]);
    t.match(await execute(2, 'wrong'), { kind: 'fault', code: 3, text: 'Access Denied' });
    t.match(await execute(false, apiKey), { kind: 'fault', code: 3, text: 'Access Denied' });
    t.match(await execute(99_999, apiKey), { kind: 'fault', code: 2, text: /res\.users\(99999,\)/ });
    const create = [database, 2, apiKey, 'res.partner', 'create', [], { vals_list: [{ name: 'x' }] }];
    const byName = await postXml(url, 'object', 'execute_kw', create);
    t.match(
      byName,
      { kind: 'fault', code: 1, text: /IndexError: (list|tuple) index out of range$/ },
      'create takes no named values',
    );
    const keys = [database, 2, apiKey, 'res.partner', 'get_external_id', [[1]], {}];
    const numbers = await postXml(url, 'object', 'execute_kw', keys);
    t.match(numbers, { kind: 'fault', code: 1, text: /dictionary key must be string$/ }, 'numbers as keys do not pass');
    const version = await postXml(url, 'common', 'version', []);
    t.match(version, {
      kind: 'value',
      value: { server_version: `${odoo.major}.0`, server_version_info: [odoo.major, 0], protocol_version: 1 },
    });
    return;
  }
  const post = async (path: string, body: string, headers = {}) => {
    const response = await postJson(odoo, path, body, headers);
    return { status: response.status, ...describeBody(await response.text()) };
  };
  const count = 'res.partner/search_count';
  const refused = { status: 401, name: 'werkzeug.exceptions.Unauthorized' };
  t.match(await post(count, '{"domain":[]}', { authorization: 'bearer wrong' }), {
    ...refused,
    text: 'Invalid apikey',
  });
  t.match(await post(count, '{"domain":[]}', { authorization: '' }), { ...refused, text: /^User not authenticated/ });
  const nowhere = await post(count, '{"domain":[]}', { 'x-odoo-database': 'no_such_db' });
  t.match(nowhere, { status: 404, name: 'html', text: /No database is selected/ });
  t.match(await post(count, '{"domain":'), {
    status: 400,
    name: 'werkzeug.exceptions.BadRequest',
    text: /could not parse/,
  });
  t.match(await post(count, '{}', { 'content-type': 'text/plain' }), { status: 415, name: 'html' });
  t.match(await post('res.partner', '{}'), {
    status: 404,
    name: 'werkzeug.exceptions.NotFound',
    text: /^Did you mean/,
  });
  const withIds = await post('res.partner/search', '{"domain":[],"ids":[1]}');
  t.match(withIds, { status: 422, text: 'cannot call res.partner.search with ids' });
  const version = await fetch(`${url}/web/version`);
  t.match(await version.json(), { version: '19.0', version_info: [19, 0] });
  t.equal(version.headers.get('connection'), 'close', 'no connection serves twice');
  t.ok(Math.abs(Date.parse(version.headers.get('date') ?? '') - Date.now()) < 5000, 'the answer tells the time');
  t.match(await (await fetch(`${url}/web/health`)).json(), { status: 'pass' });
}
