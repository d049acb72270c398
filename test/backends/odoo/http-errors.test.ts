import t from 'tap';
import {
  answerTooLarge,
  classifyAnswer,
  classifyNetworkError,
  readNetworkCode,
  timedOut,
  unreadableAnswer,
} from '../../../src/backends/odoo/http-errors.ts';

const page = 'text/html; charset=utf-8';
const retry = (code: string, outcome: string) => ({ name: 'RetryableError', code, outcome });
const setUp = (code: string) => ({ name: 'SetupError', code, remedy: /ODOO_URL|NODE_EXTRA_CA_CERTS/ });

t.test('answers that are not of the protocol', async (t) => {
  const cases: readonly (readonly [number, string, object])[] = [
    [429, page, retry('rate_limited', 'not-applied')],
    [429, 'application/json', retry('rate_limited', 'not-applied')],
    [500, page, retry('odoo_unavailable', 'unknown')],
    [500, '', retry('odoo_unavailable', 'unknown')],
    [502, page, retry('odoo_unavailable', 'unknown')],
    [503, 'application/json', retry('odoo_unavailable', 'unknown')],
    [504, page, retry('odoo_unavailable', 'unknown')],
    [524, page, retry('odoo_unavailable', 'unknown')],
    [413, page, { name: 'TerminalError', code: 'request_too_large' }],
    [301, page, setUp('redirected')],
    [303, 'application/json', setUp('redirected')],
    [200, page, setUp('html_answer')],
    [200, 'text/plain', setUp('html_answer')],
    [401, page, setUp('html_answer')],
    [404, '', setUp('html_answer')],
  ];
  for (const [status, contentType, error] of cases) {
    t.match(classifyAnswer({ status, contentType, retryAfter: null }, 'json'), error, `${status} ${contentType}`);
  }
});

t.test('what Odoo itself says is not judged here', async (t) => {
  for (const status of [200, 400, 401, 403, 404, 409, 422, 500]) {
    t.equal(classifyAnswer({ status, contentType: 'application/json', retryAfter: null }, 'json'), null);
  }
  t.equal(classifyAnswer({ status: 200, contentType: 'TEXT/XML', retryAfter: null }, 'xml'), null);
});

t.test("the other side's wish how long to wait", async (t) => {
  const wish = (retryAfter: string | null) => {
    const error = classifyAnswer({ status: 429, contentType: page, retryAfter }, 'xml');
    return (error as { retryAfterMs?: number }).retryAfterMs;
  };
  t.equal(wish('7'), 7_000);
  t.equal(wish(null), undefined);
  t.equal(wish('soon'), undefined);
  t.equal(wish('Mon, 23 Nov 2020 10:00:00 GMT'), 0, 'a date that has passed');
  const inAMinute = wish(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
  t.ok(inAMinute > 50_000 && inAMinute <= 60_000, 'a date to come');
});

t.test('connections that fail', async (t) => {
  const cases: readonly (readonly [string, object])[] = [
    [
      'ECONNREFUSED',
      { ...retry('odoo_unreachable', 'not-applied'), message: /Connection refused/, remedy: /ODOO_URL/ },
    ],
    ['ENOTFOUND', { ...retry('odoo_unreachable', 'not-applied'), message: /ENOTFOUND/ }],
    ['UND_ERR_CONNECT_TIMEOUT', retry('odoo_unreachable', 'not-applied')],
    ['ECONNRESET', retry('odoo_connection_lost', 'unknown')],
    ['ETIMEDOUT', retry('odoo_connection_lost', 'unknown')],
    ['HPE_INVALID_EOF_STATE', retry('odoo_connection_lost', 'unknown')],
    ['', retry('odoo_connection_lost', 'unknown')],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', setUp('bad_certificate')],
    ['CERT_HAS_EXPIRED', setUp('bad_certificate')],
    ['ERR_TLS_CERT_ALTNAME_INVALID', setUp('bad_certificate')],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', setUp('bad_certificate')],
    ['ERR_SSL_WRONG_VERSION_NUMBER', setUp('wrong_protocol')],
    ['EPROTO', setUp('wrong_protocol')],
    ['HPE_INVALID_CONSTANT', setUp('wrong_protocol')],
  ];
  for (const [code, error] of cases) t.match(classifyNetworkError(code), error, code || 'no code');
});

t.test('the code of a failure is found behind its causes', async (t) => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  t.equal(readNetworkCode(refused), 'ECONNREFUSED');
  t.equal(readNetworkCode(new TypeError('fetch failed', { cause: refused })), 'ECONNREFUSED');
  t.equal(readNetworkCode(Object.assign(new Error('a fault'), { code: 2 })), null);
  t.equal(readNetworkCode({ message: 'No UID' }), null);
});

t.test('answers that do not come, or too much of them', async (t) => {
  t.match(timedOut(300), { ...retry('odoo_timeout', 'unknown'), message: 'Odoo did not answer within 1 s.' });
  t.match(answerTooLarge(1_000), { name: 'TerminalError', code: 'odoo_answer_too_large', message: /1000 bytes/ });
  t.match(unreadableAnswer(), retry('odoo_answer_unreadable', 'unknown'));
});
