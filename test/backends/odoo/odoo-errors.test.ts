import t from 'tap';
import { classifyFault, maskPersonal, type OdooFault, readTraceback } from '../../../src/backends/odoo/odoo-errors.ts';

const frames = `Traceback (most recent call last):
  File "/odoo/http.py", line 1, in dispatch
    return self.serve(name='Ada Lovelace')
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
`;

t.test('of a traceback only what was raised last', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["ValueError: Invalid field 'zzz' on 'res.partner'", 'ValueError', "Invalid field 'zzz' on 'res.partner'"],
    ["KeyError: 'zzz'\n", 'KeyError', "'zzz'"],
    [
      'psycopg2.errors.AdminShutdown: terminating\nSSL closed\n',
      'psycopg2.errors.AdminShutdown',
      'terminating\nSSL closed',
    ],
    ['AssertionError', 'AssertionError', ''],
    [
      'psycopg2.errors.NotNullViolation: null\nDETAIL:  row\n\n  HINT: x',
      'psycopg2.errors.NotNullViolation',
      'null\nDETAIL:  row\n\n  HINT: x',
    ],
    ['what is this?', '', ''],
  ];
  for (const [raised, name, message] of cases) t.same(readTraceback(frames + raised), { name, message }, raised);
  const chained = `${frames}KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n${frames}ValueError: b`;
  t.same(readTraceback(chained), { name: 'ValueError', message: 'b' });
  t.same(readTraceback('no traceback'), { name: '', message: 'no traceback' });
});

t.test('the table', async (t) => {
  const retry = (code: string, outcome: string) => ({ name: 'RetryableError', code, outcome });
  const setUp = (code: string, remedy: RegExp) => ({ name: 'SetupError', code, remedy });
  const park = (code: string) => ({ name: 'TerminalError', code });
  const python = (name: string, message = ''): Partial<OdooFault> => ({ faultCode: 1, name, message });
  const json = (status: number, name: string, message = ''): Partial<OdooFault> => ({ status, name, message });
  const fault = (faultCode: number, message: string): Partial<OdooFault> => ({ faultCode, name: '', message });
  const cases: readonly (readonly [Partial<OdooFault>, object])[] = [
    [python('psycopg2.OperationalError', 'FATAL:  database "x" does not exist'), setUp('unknown_database', /ODOO_DB/)],
    [
      python('psycopg2.OperationalError', "FATAL:  la base de données « x » n'existe pas"),
      setUp('unknown_database', /ODOO_DB/),
    ],
    [json(404, 'NotFound', 'No database is selected'), setUp('unknown_database', /ODOO_DB/)],
    [python('psycopg2.errors.SerializationFailure', 'could not serialize access'), retry('odoo_busy', 'not-applied')],
    [json(500, 'psycopg2.errors.DeadlockDetected'), retry('odoo_busy', 'not-applied')],
    [json(409, 'odoo.exceptions.LockError'), retry('odoo_busy', 'not-applied')],
    [json(500, 'odoo.exceptions.ConcurrencyError'), retry('odoo_busy', 'not-applied')],
    [python('psycopg2.pool.PoolError', 'The Connection Pool Is Full'), retry('odoo_busy', 'not-applied')],
    [
      json(500, 'psycopg2.OperationalError', 'server closed the connection'),
      retry('odoo_database_unavailable', 'unknown'),
    ],
    [python('psycopg2.InterfaceError', 'cursor already closed'), retry('odoo_database_unavailable', 'unknown')],
    [python('OSError', '[Errno 28] No space left on device'), retry('odoo_database_unavailable', 'unknown')],
    [fault(3, 'Access Denied'), setUp('invalid_credentials', /ODOO_USERNAME and ODOO_API_KEY/)],
    [json(401, 'werkzeug.exceptions.Unauthorized', 'Invalid apikey'), setUp('invalid_credentials', /ODOO_API_KEY/)],
    [json(403, 'odoo.exceptions.AccessDenied'), setUp('invalid_credentials', /ODOO_API_KEY/)],
    [
      fault(2, 'Enregistrement supprimé.\n(Enregistrement : res.users(7,), utilisateur : 7)'),
      setUp('invalid_credentials', /ODOO_/),
    ],
    [fault(4, 'Vous ne pouvez pas'), setUp('access_denied', /groups/)],
    [json(403, 'odoo.exceptions.AccessError'), setUp('access_denied', /groups/)],
    [json(404, 'odoo.exceptions.MissingError'), park('missing_record')],
    [
      fault(2, 'Enregistrement supprimé.\n(Enregistrement : res.partner(7, 8), utilisateur : 2)'),
      park('missing_record'),
    ],
    [fault(2, "Object no.model doesn't exist"), setUp('missing_module', /Install/)],
    [
      json(404, 'werkzeug.exceptions.NotFound', "the model 'no.model' does not exist"),
      setUp('missing_module', /Install/),
    ],
    [
      json(404, 'werkzeug.exceptions.NotFound', "The method 'res.partner.x' does not exist"),
      setUp('unknown_method', /version/),
    ],
    [python('AttributeError', "The method 'res.partner.x' does not exist"), setUp('unknown_method', /version/)],
    [python('AttributeError', "type object 'res.partner' has no attribute 'x'"), setUp('unknown_method', /version/)],
    [python('AttributeError', "'NoneType' object is not my fault"), park('odoo_error')],
    [python('ValueError', "Invalid field 'zzz' on 'res.partner'"), setUp('missing_field', /Install/)],
    [python('ValueError', `KeyError('zzz') while evaluating\n'code'`), setUp('missing_field', /Install/)],
    [
      json(500, 'builtins.ValueError', `ValueError("Invalid field 'zzz' on 'x'") while evaluating\n'code'`),
      setUp('missing_field', /Install/),
    ],
    [json(500, 'builtins.ValueError', `ValueError("Wrong value") while evaluating\n"KeyError('"`), park('odoo_error')],
    [python('ValueError', `<class 'KeyError'>: "'zzz'" while evaluating\n'code'`), setUp('missing_field', /Install/)],
    [
      python('ValueError', `<class 'ValueError'>: "Invalid field 'zzz' on model 'x'" while evaluating\n'code'`),
      setUp('missing_field', /Install/),
    ],
    [python('ValueError', `<class 'ValueError'>: "Wrong value" while evaluating\n"KeyError('"`), park('odoo_error')],
    [
      python(
        'ValueError',
        `<class 'psycopg2.errors.CheckViolation'>: "new row violates check constraint "res_partner_check_name"\nDETAIL: (Ada)`,
      ),
      { ...park('refused_by_odoo'), message: /breaks the rule res_partner_check_name of the database\.$/ },
    ],
    [
      python('ValueError', `<class 'psycopg2.errors.NotNullViolation'>: "null value in column "name" (Ada)`),
      { ...park('refused_by_odoo'), message: /breaks the rule of a column of the database\.$/ },
    ],
    [python('KeyError', "'zzz'"), setUp('missing_field', /Install/)],
    [json(500, 'builtins.KeyError', "'zzz'"), setUp('missing_field', /Install/)],
    [fault(2, 'Contacts require a name'), park('refused_by_odoo')],
    [json(422, 'odoo.exceptions.ValidationError'), park('refused_by_odoo')],
    [json(500, 'odoo.exceptions.RedirectWarning'), park('refused_by_odoo')],
    [json(400, 'werkzeug.exceptions.BadRequest'), park('refused_by_odoo')],
    [
      json(500, 'builtins.ValueError', 'Wrong value'),
      { ...park('odoo_error'), message: 'Odoo failed on this call (ValueError).' },
    ],
    [json(500, ''), { ...park('odoo_error'), message: 'Odoo failed on this call (unknown error).' }],
  ];
  for (const [given, error] of cases) {
    const whole = { name: '', message: '', ...given };
    t.match(classifyFault(whole), error, `${given.faultCode ?? given.status} ${given.name} ${given.message}`);
  }
});

t.test("Odoo's own words help the operator and betray nobody", async (t) => {
  const denied =
    "You are not allowed to modify 'Contact' (res.partner) records.\n\nThis operation is allowed for the following groups:\n\t- Sales/Administrator";
  t.equal(
    classifyFault({ faultCode: 4, name: '', message: denied }).message,
    "Access denied: You are not allowed to modify 'Contact' (res.partner) records. This operation is allowed for the following groups: - Sales/Administrator",
  );
  const cases: readonly (readonly [string, string])[] = [
    ['Mail of "Ada" <ada@example.com>, is wrong', 'Mail of "Ada" <…@…>, is wrong'],
    [
      'The VAT number [FR123] for partner [Ada Lovelace] does not seem to be valid',
      'The VAT number […] for partner […] does not seem to be valid',
    ],
    ['call +33 (0)6 12-34.56 78 now', 'call … now'],
    ['on or before the lock date 2026-01-31, line 12', 'on or before the lock date 2026-01-31, line 12'],
    ['x'.repeat(400), 'x'.repeat(300)],
  ];
  for (const [text, masked] of cases) t.equal(maskPersonal(text), masked);
});
